import type { Instant } from '../domain/clock.ts'
import { formatDuration } from '../domain/duration.ts'
import type { ErrorCode } from '../domain/errors.ts'
import type { EvidenceLine, Notice, NoticeItem } from '../domain/notice.ts'
import { wallText } from '../policy/local-time.ts'

/** A line of a message: text that may hold anything, and a command that is to be typed as it stands. */
export interface Line {
  readonly text: string
  readonly command?: string
}

/** A notice in words, before a channel lays it out. */
export interface Message {
  /** What it is about, in a line that stands alone. */
  readonly heading: string
  /** A paragraph for each thing that is told. */
  readonly paragraphs: readonly (readonly Line[])[]
}

/** How much of what may be long is said. */
export interface Room {
  /** Characters of an error's message; the middle of a longer one is cut. */
  readonly cause: number
  /** Paragraphs of findings; the others are counted. */
  readonly items: number
}

/** The words of a notice. Times are those of the process's zone, which is the site's. */
export function messageOf(notice: Notice, isDelayed: boolean, room: Room): Message {
  const delayed = isDelayed ? [[{ text: `Delayed: this was written ${when(notice.at)}.` }]] : []
  const { heading, paragraphs } = bodyOf(notice, room)
  return { heading, paragraphs: [...delayed, ...paragraphs] }
}

function bodyOf(notice: Notice, room: Room): Message {
  switch (notice.kind) {
    case 'failure':
      return failure(notice, room)
    case 'all-clear':
      return allClear(notice, room)
    case 'heartbeat':
      return evidence(notice, `${notice.site}: what the backups show`, room)
    case 'summary':
      return evidence(notice, `${notice.site}: the last day`, room)
    case 'test':
      return { heading: `A test from ${notice.site}`, paragraphs: [[{ text: `Sent ${when(notice.at)}. Nothing is wrong.` }]] }
  }
}

function failure(notice: Notice, room: Room): Message {
  const { items = [], site } = notice
  const [first] = items
  const what = items.length === 1 && first !== undefined ? troubleOf(first, site) : `${items.length} problems on ${site}`
  const isOld = items.every(({ isReminder }) => isReminder)
  const paragraphs = items.slice(0, room.items).map((item) => failureLines(item, notice, room, items.length > 1))
  const others = notice.others === undefined ? [] : [[{ text: notice.others }]]
  return { heading: isOld ? `Still: ${what}` : what, paragraphs: [...paragraphs, ...uncounted(items, room), ...others] }
}

function failureLines(item: NoticeItem, notice: Notice, room: Room, isOneOfMany: boolean): Line[] {
  const { error, isReminder, count, since } = item
  const name = isOneOfMany ? `${troubleOf(item, notice.site)}: ` : ''
  const seen = isReminder ? `, seen ${count} times` : ''
  return [
    { text: `${name}${cutMiddle(error.message, room.cause)}` },
    ...(error.detail === undefined ? [] : [{ text: `It said: ${cutMiddle(error.detail, room.cause)}` }]),
    { text: `Since ${when(since)}${seen}.` },
    ...restorable(item),
    ...(error.hint === undefined ? [] : [{ text: `Next: ${cutMiddle(error.hint, room.cause)}` }]),
    { text: 'Look further:', command: lookFurther(item.component, notice) },
  ]
}

function restorable({ component, lastGood, window, error }: NoticeItem): Line[] {
  if (component === undefined) return []
  if (window === undefined && lastGood === undefined) return [{ text: 'No good restore point of it is known.' }]
  const isAway = outOfReach.has(error.code)
  if (window !== undefined) {
    const span = `any second from ${when(window.from)} to ${when(window.to)}`
    return [{ text: isAway ? `When that is mended: ${span} can be restored.` : `Restorable: ${span}.` }]
  }
  const last = `Last good: ${when((lastGood as NonNullable<typeof lastGood>).at)}`
  return [{ text: isAway ? `${last}, restorable when that is mended.` : `${last}, still restorable.` }]
}

/** With these nothing can be restored at the moment, whatever was seen there before. */
const outOfReach: ReadonlySet<ErrorCode> = new Set([
  'storage-unreachable',
  'storage-denied',
  'storage-region',
  'storage-certificate',
  'bucket-missing',
  'repository-missing',
  'repository-damaged',
  'wrong-key',
])

/** What failed, in a few words; the subject begins with who looked. */
function troubleOf({ subject, component }: NoticeItem, site: string): string {
  if (subject.startsWith('unit/')) return `${subject.slice('unit/'.length)} failed on ${site}`
  if (subject.startsWith('watch/'))
    return `${watchTrouble(subject.slice(subject.lastIndexOf('/') + 1), component ?? site)} on ${site}`
  if (component === undefined) return subject === 'site/begin' ? `no backup could begin on ${site}` : `${site} has a problem`
  if (subject.startsWith('run/')) return `${component} failed on ${site}`
  if (subject.startsWith('drill/')) return `the drill of ${component} failed on ${site}`
  if (subject.startsWith('retention/')) return `the retention of ${component} was not applied on ${site}`
  return `${component} has a problem on ${site}`
}

/** What a check of the watch is about, by the last word of its subject. */
function watchTrouble(kind: string, of: string): string {
  switch (kind) {
    case 'points':
      return `${of} has no fresh backup`
    case 'archiving':
      return `WAL of ${of} is not archived`
    case 'loss':
      return `${of} would lose more than was agreed`
    case 'wal-gap':
      return `WAL of ${of} is lost`
    case 'lock':
      return `${of} is locked`
    case 'run':
      return 'a run hangs, or was killed'
    case 'clock':
      return 'the clock is doubtful'
    case 'journal':
      return 'the journal cannot be used'
    case 'drill':
      return `no drill of ${of} has passed in time`
    case 'recovery':
      return `to recover ${of} takes longer than was agreed`
    case 'heartbeat':
      return 'no heartbeat was sent'
    default:
      return kind.endsWith('-disk') ? 'a disk is nearly full, or gone' : `${of} has a problem`
  }
}

function lookFurther(component: string | undefined, { configuration }: Notice): string {
  const file = configuration === undefined ? '' : ` --config ${configuration}`
  return `holdfast status${component === undefined ? '' : ` ${component}`}${file}`
}

function allClear(notice: Notice, room: Room): Message {
  const { items = [], site, at } = notice
  const [first] = items
  const single = items.length === 1 && first !== undefined
  const heading = single ? `Over: ${troubleOf(first, site)}` : `${items.length} problems on ${site} are over`
  const paragraphs = items.slice(0, room.items).map((item): Line[] => {
    const length = formatDuration(at - item.since)
    const times = item.count === 1 ? '' : `, seen ${item.count} times`
    const name = single ? 'It' : `${troubleOf(item, site)}: it`
    return [{ text: `${name} lasted ${length}, from ${when(item.since)}${times}.` }]
  })
  return { heading, paragraphs: [...paragraphs, ...uncounted(items, room)] }
}

function uncounted(items: readonly NoticeItem[], room: Room): Line[][] {
  const rest = items.length - room.items
  return rest > 0 ? [[{ text: `… and ${rest} more.` }]] : []
}

function evidence(notice: Notice, heading: string, room: Room): Message {
  const lines = notice.evidence ?? []
  const bad = lines.filter(({ isGood }) => !isGood)
  const count = bad.length === 0 ? 'all of it is good' : `${bad.length} of ${lines.length} need attention`
  const shown = [...bad, ...lines.filter(({ isGood }) => isGood)].slice(0, room.items * 5)
  const rest = lines.length - shown.length
  return {
    heading: `${heading} (${count})`,
    paragraphs: [
      shown.map((line) => ({ text: cutMiddle(evidenceText(line), room.cause) })),
      ...(rest > 0 ? [[{ text: `… and ${rest} more.` }]] : []),
      [{ text: 'Look further:', command: lookFurther(undefined, notice) }],
    ],
  }
}

const evidenceText = ({ subject, isGood, text, at }: EvidenceLine): string =>
  `${isGood ? '✓' : '✗'} ${subject}: ${text}${at === undefined ? '' : ` · ${when(at)}`}`

/** `Mon 26 Jan 2026 03:02 +08:00` */
function when(at: Instant): string {
  return wallText(at, -new Date(at).getTimezoneOffset())
}

/** Cuts the middle out of a text that is too long, which keeps the subject and the cause; never a character in two. */
export function cutMiddle(text: string, longest: number): string {
  if (text.length <= longest) return text
  const characters = Array.from(text)
  const kept = Math.max(0, longest - 3)
  let head = ''
  let tail = ''
  for (const character of characters) {
    if (head.length + character.length > kept / 2) break
    head += character
  }
  for (const character of characters.toReversed()) {
    if (head.length + tail.length + character.length > kept) break
    tail = character + tail
  }
  return `${head} … ${tail}`
}

/** Half a character, which file names may hold, becomes the sign for one that is unknown: no service takes it. */
export const wellFormed = (text: string): string => Buffer.from(text).toString()
