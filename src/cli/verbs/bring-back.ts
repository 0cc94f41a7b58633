import { bucketPlace, limited, waiting } from './shared-options.ts'
import { group, verb } from './verb.ts'

export const browse = group('browse', 'look into the points of files, without restoring them', [
  verb({
    name: 'list',
    description: 'what a folder holds, in the newest point or another',
    operands: { '<component>': '', '[path]': '' },
    options: {
      '--at <time>': 'the newest point before a time',
      '--point <id>': 'a restore point, or the beginning of its id',
      ...limited,
    },
    load: async () => (await import('../commands/browse.ts')).browseList,
  }),
  verb({
    name: 'find',
    description: 'find a file or folder in all points, by its name or a pattern',
    operands: {
      '<component>': '',
      '<pattern>': "such as '*.conf' or 'worlds/*/level.dat'; quoted, so that the shell leaves it alone",
    },
    options: { '-i, --ignore-case': 'take capitals and small letters for the same', ...limited },
    load: async () => (await import('../commands/browse.ts')).browseFind,
  }),
  verb({
    name: 'versions',
    description: 'all that a file has been, and the command that brings each version back',
    operands: { '<component>': '', '<path>': '' },
    load: async () => (await import('../commands/browse-versions.ts')).browseVersions,
  }),
  verb({
    name: 'diff',
    description: 'what changed from a point to another, or to the newest',
    operands: { '<component>': '', '<point>': '', '[other-point]': '' },
    options: limited,
    load: async () => (await import('../commands/browse.ts')).browseDiff,
  }),
])

export const restore = verb({
  name: 'restore',
  description: 'bring a component back; asks for everything when called without options',
  operands: { '[component]': '' },
  options: {
    '--to <path>': 'folder to restore into, empty or absent; with --database, the file to dump into',
    '--at <time>': "a time, such as '2026-01-26 14:30:05', in the site's zone unless it says another",
    '--point <id>': 'a restore point, or the beginning of its id',
    '--name <name>': 'database: a restore point that pg_create_restore_point made',
    '--in-place': 'over the live data; asks for a typed confirmation',
    '--undo': 'database: put back what a restore in place that was killed had set aside',
    '--path <path...>': 'files: only these paths, as they were on the source',
    '--match <pattern...>': "files: only what matches, such as 'worlds/*/packs' or '**/*.json'",
    '--overwrite': 'files: over what the folder holds; asks for a typed confirmation',
    '--delete': 'files, with --in-place: delete what the snapshot lacks',
    '--temporary': 'database: start it privately, to look into, until Ctrl-C',
    '--detach': 'with --temporary: leave it running',
    '--stop [folder]': 'database: stop and remove a temporary cluster that was left running',
    '--database <name>': 'database: one database of the cluster, to a file or into the live server',
    '--table <table...>': 'with --database: only these tables, as schema.table',
    '--into <name>': 'with --database: load it into this database of the live server, made when absent',
    '--replace': 'with --into: drop tables there that have the same names',
    '--dry-run': 'show the plan and its exact commands instead of running them',
  },
  load: async () => (await import('../commands/restore.ts')).restoreCommand,
})

export const drill = verb({
  name: 'drill',
  description: 'test a restore: bring the newest point of each component back, look at it, and remove it again',
  operands: { '[component...]': '' },
  options: waiting,
  load: async () => (await import('../commands/drill.ts')).drillCommand,
})

export const recover = verb({
  name: 'recover',
  description: 'make a bare machine the one that was lost, out of storage and passphrase',
  options: {
    '--site <name>': 'name of the site that was lost',
    '--directory <path>': 'the folder that holds the backups, such as a mounted disk',
    '--bucket <name>': 'the S3 bucket that holds them',
    ...bucketPlace,
    '--prefix <folder>': 'folder of all sites in the bucket',
    '--at <time>': "as of a time, such as '2026-01-26 14:30:05', instead of the newest",
    '--step <name...>': 'only these steps, also when they were done before',
    '--overwrite <component...>': 'write the files of these components over what lies in their place',
    '--dry-run': 'show what each step would do, and the exact commands that restore; only the recovery kit is fetched',
    '--take-over': 'this is the live machine now: archive, back up, start the timers, and refuse the machine before',
  },
  load: async () => (await import('../commands/recover.ts')).recover,
})
