import { group, verb } from './verb.ts'

export const schedule = group('schedule', 'what this machine does by itself, as timers of systemd', [
  verb({
    name: 'plan',
    description: 'which units would be changed, and when they fire next',
    options: { '--cron': 'print lines of a crontab instead, for a machine without systemd' },
    load: async () => (await import('../commands/schedule.ts')).schedulePlan,
  }),
  verb({
    name: 'apply',
    description: 'do exactly that',
    load: async () => (await import('../commands/schedule.ts')).scheduleApply,
  }),
  verb({
    name: 'remove',
    description: 'take all of its units away again',
    load: async () => (await import('../commands/schedule.ts')).scheduleRemove,
  }),
])

export const alert = verb({
  name: 'alert',
  description: 'tell how a unit of systemd ended; called by systemd itself',
  operands: { '<unit>': 'such as holdfast-pi-hosting-backup.service' },
  load: async () => (await import('../commands/alert.ts')).alert,
  isHidden: true,
})

export const status = verb({
  name: 'status',
  description: 'how everything is, at once, from the journal and the last watch; ends with 4 unless all is well',
  operands: { '[component...]': '' },
  options: { '--prometheus <file>': 'write the same as metrics, for the textfile collector of node_exporter' },
  load: async () => (await import('../commands/status.ts')).statusCommand,
})

export const watch = verb({
  name: 'watch',
  description: 'look once at archiving, ages, disks, locks and the clock, and tell what changed; for a timer',
  load: async () => (await import('../commands/watch.ts')).watchCommand,
})

export const notify = group('notify', 'tell people of this site', [
  verb({
    name: 'test',
    description: 'one message to every channel, and whether it arrived',
    load: async () => (await import('../commands/notify.ts')).notifyTest,
  }),
  verb({
    name: 'heartbeat',
    description: 'send what shows that all is well, and what has never been shown',
    load: async () => (await import('../commands/notify.ts')).notifyHeartbeat,
  }),
  verb({
    name: 'summary',
    description: 'send what the last day brought',
    load: async () => (await import('../commands/notify.ts')).notifySummary,
  }),
])

export const runbook = verb({
  name: 'runbook',
  description: 'write RESTORE.md: how to restore this site, with Holdfast and without',
  options: { '--output <file>': 'another file than RESTORE.md in this folder; - prints it' },
  load: async () => (await import('../commands/runbook.ts')).runbook,
})
