import { choice, flag, instant, integer, list, object, optional, size, text, type Described } from './fields.ts'
import { entryKind, pointName } from './shapes.ts'

const more = (what: string) =>
  integer(`how many ${what} there are beyond these: 10,000 are given, or as many as \`--limit\` says`)

const entry = object({
  path: text('absolute path, as it was on the source; bytes that are no UTF-8 are shown as U+FFFD'),
  kind: entryKind(),
  sizeBytes: optional(size('size of a file; absent for anything else')),
  modifiedAt: instant('when its content was last changed, by the clock of the source'),
  linkTarget: optional(text('where a link points to; absent where restic does not tell')),
})

export const listing = object(
  {
    component: text('the component'),
    point: pointName('the point that was looked into'),
    path: optional(
      text(
        'absolute path of the folder, or of the one thing that was asked for; absent when the paths of the component are listed, because there are several',
      ),
    ),
    kind: optional(entryKind('what that path is: `file`, `folder`, `link` or `other`; absent with it')),
    entries: list(entry, 'what is in the folder, in the order of names; or the one thing itself'),
    more: more('entries'),
  },
  'what a point holds in one folder, and not below it',
)

const foundPath = object({
  path: text('absolute path'),
  kind: entryKind('`file`, `folder`, `link` or `other`, like the next two as it was in the newest point that holds it'),
  sizeBytes: optional(size('size of a file')),
  modifiedAt: instant('when its content was last changed'),
  points: integer('number of points that hold it'),
  newest: pointName('the newest of them'),
  oldest: pointName('the oldest of them'),
  versions: integer('how many different ones there are, going from point to point'),
})

export const found = object(
  {
    component: text('the component'),
    pattern: text('what was searched for'),
    searched: integer('number of points that were searched'),
    paths: list(foundPath, 'one for each path; those that newer points hold come first'),
    more: more('paths'),
  },
  'what has a name that fits, over all points',
)

const version = object({
  kind: choice(
    ['file', 'folder', 'link', 'other', 'absent'],
    '`file`, `folder`, `link`, `other`, or `absent` where these points do not hold it',
  ),
  sizeBytes: optional(size('size of a file')),
  modifiedAt: optional(instant('when its content was last changed; absent when it was not there')),
  linkTarget: optional(text('where a link points to')),
  points: integer('number of points in a row'),
  newest: pointName('the newest of them'),
  oldest: pointName('the oldest of them'),
  restore: optional(text('command line for a POSIX shell that brings this version back; absent when it was not there')),
})

export const history = object(
  {
    component: text('the component'),
    path: text('absolute path'),
    versions: list(version, 'newest first; points in a row in which size, time, kind and target of a link are the same make one'),
  },
  'what one path has been',
)

const amount = (meaning: string) =>
  object(
    {
      files: integer('number of files, links and other things'),
      folders: integer('number of folders'),
      sizeBytes: size('data and records of folders, before compression'),
    },
    meaning,
  )

const change = object({
  change: choice(
    ['added', 'removed', 'modified', 'replaced'],
    '`added`, `removed`, `modified`, or `replaced` by something of another kind',
  ),
  path: text('absolute path'),
  folder: flag('whether it is a folder; what is in it has changes of its own'),
  beforeBytes: optional(size('size of a file before; told for the first 500 changes')),
  afterBytes: optional(size('size of a file after; told for the first 500 changes')),
})

export const difference = object(
  {
    component: text('the component'),
    before: pointName('the point that was named first'),
    after: pointName('the point that was named second, or the newest'),
    changes: list(change, 'in the order of paths; new times, owners or modes alone are none'),
    more: more('changes'),
    totals: object(
      {
        modifiedFiles: integer('number of files with another content'),
        added: amount('what only the second point holds'),
        removed: amount('what only the first point holds'),
      },
      'all changes, counted',
    ),
  },
  'what changed on the way from one point to another',
)

export type Listing = Described<typeof listing>
export type PointName = Listing['point']
export type Found = Described<typeof found>
export type FoundPath = Found['paths'][number]
export type PointDifference = Described<typeof difference>
export type SizedChange = PointDifference['changes'][number]
