import { mkdirSync, readdirSync, readFileSync, rmdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fakeKernel } from '../../../test/support/fake-machine.ts'
import { fixedClock } from '../../../test/support/fixed-clock.ts'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import { instant, parseInstant, type Clock } from '../../domain/clock.ts'
import type { Findings } from '../../domain/finding.ts'
import type { ChannelSettings, Notice } from '../../domain/notice.ts'
import type { Site } from '../../domain/site.ts'
import { openJournal } from '../../state/journal/journal.ts'
import { openPointCache } from '../../state/point-cache.ts'
import type { Answer, Channel } from '../../notices/port.ts'
import { createLocalPlace } from '../../places/local.ts'
import { createRedactor } from '../../places/redaction.ts'
import { waitingNotices } from '../evidence/notice-state.ts'
import type { Notifier } from '../site/notifier.ts'
import { createNotifier } from './tell-people.ts'

const secret = 'correct horse battery staple'
const delivered: Answer = { outcome: 'delivered' }
const down: Answer = { outcome: 'later', reason: 'it is down' }

/** A channel that takes what it is told to take, and notes what it was sent. */
class Mailbox {
  readonly got: Notice[] = []
  readonly delayed: boolean[] = []
  /** How the next attempts end; delivered when none is left. */
  answers: Answer[] = []
  attempts = 0
  fingerprint = 'first'
  readonly name: string
  constructor(name = 'discord') {
    this.name = name
  }
  open(): Channel {
    return {
      takes: 'notices',
      name: this.name,
      events: ['failure', 'all-clear', 'heartbeat', 'summary'],
      fingerprint: this.fingerprint,
      send: async (notice, { isDelayed }) => {
        this.attempts += 1
        const answer = this.answers.shift() ?? delivered
        if (answer.outcome !== 'delivered') return answer
        this.got.push(notice)
        this.delayed.push(isDelayed)
        return answer
      },
    }
  }
}

const foldersOf = (folder: string) => ({ stateDirectory: folder, runtimeDirectory: join(folder, 'run') })

interface House {
  readonly folder: string
  readonly mailbox: Mailbox
  readonly notifier: (clock?: Clock) => Notifier
  readonly journal: () => { kind: string; outcome: string; channel: string; reason?: string }[]
}

function usualSite(notify: readonly ChannelSettings[]): Site {
  const agreed = { objectives: { rpo: 1, rto: 1 }, schedule: { backup: '03:00' }, timeZone: 'UTC' }
  return { name: 'pi-hosting', notify, components: [], ...agreed } as unknown as Site
}

function house(mailboxes: readonly Mailbox[] = [new Mailbox()]): House {
  const folder = temporaryFolder()
  const notify = mailboxes.map(({ name }): ChannelSettings => {
    const [, own] = name.split(' ')
    return { kind: 'discord', name: own, events: ['failure', 'all-clear', 'heartbeat'] }
  })
  const site = usualSite(notify)
  const journal = openJournal(join(folder, 'journal'))
  return {
    folder,
    mailbox: mailboxes[0] as Mailbox,
    notifier: (clock = fixedClock('2026-01-26T03:00:00Z')) =>
      createNotifier({
        view: {
          site,
          clock,
          machine: fakeKernel(),
          journal,
          pointCache: openPointCache(join(folder, 'points')),
          ...foldersOf(folder),
        },
        place: createLocalPlace(),
        configuration: undefined,
        unusable: [],
        open: async () => ({ channels: mailboxes.map((mailbox) => mailbox.open()), redact: createRedactor([secret]) }),
        deadlineMs: 5000,
      }),
    journal: () => [...journal.newestFirst()].toReversed() as unknown as ReturnType<House['journal']>,
  }
}

const at = parseInstant('2026-01-26T03:00:00Z')
const finding = (name: string, message = 'words') => ({
  subject: `watch/${name}`,
  component: undefined,
  since: at,
  error: { code: 'source-missing' as const, message },
})
const found = (...names: string[]): Findings => ({ looked: ['watch/'], found: names.map((name) => finding(name)) })
const kindsOf = ({ got }: Mailbox): string[] =>
  got.map(({ kind, items = [] }) => `${kind} ${items.map(({ subject }) => subject).join(' ')}`)

describe('whoever tells people', () => {
  it('tells a storm once, and its end', async () => {
    const { notifier, mailbox } = house()
    for (let times = 0; times < 5; times += 1) await notifier().report(found('disk'))
    await notifier().report(found())
    expect(kindsOf(mailbox)).toEqual(['failure watch/disk', 'all-clear watch/disk'])
    expect(mailbox.got[1]?.items?.[0]?.count).toBe(5)
  })

  it('asks nobody and takes no lock when there is nothing to tell', async () => {
    const { folder, notifier, mailbox } = house()
    expect(await notifier().report(found())).toEqual([])
    expect(await notifier().deliverWaiting()).toEqual([])
    expect(mailbox.attempts).toBe(0)
    expect(() => readFileSync(join(folder, 'notices.lock'))).toThrow('ENOENT')
  })

  it('keeps what a channel did not take, and brings it in order with the next call', async () => {
    const { folder, notifier, mailbox, journal } = house()
    mailbox.answers = Array.from({ length: 20 }, () => down)
    expect(await notifier().report(found('disk'))).toEqual([{ channel: 'discord', outcome: 'waits', reason: 'it is down' }])
    expect(waitingNotices(foldersOf(folder))).toEqual({ count: 1, since: at, givenUp: [] })
    mailbox.answers = []
    const later = fixedClock('2026-01-26T04:00:00Z')
    expect(await notifier(later).report(found('disk', 'lock'))).toEqual([{ channel: 'discord', outcome: 'delivered' }])
    expect(kindsOf(mailbox)).toEqual(['failure watch/disk', 'failure watch/lock'])
    expect(mailbox.delayed).toEqual([true, false])
    expect(waitingNotices(foldersOf(folder)).count).toBe(0)
    expect(journal().map(({ kind, outcome }) => [kind, outcome])).toEqual([
      ['failure', 'waits'],
      ['failure', 'delivered'],
      ['failure', 'delivered'],
    ])
  })

  it('tries again within its time what may work in a moment', async () => {
    const { notifier, mailbox } = house()
    mailbox.answers = [down, { outcome: 'later', reason: 'slow down', afterMs: 650 }]
    expect(await notifier().report(found('disk'))).toEqual([{ channel: 'discord', outcome: 'delivered' }])
    expect(mailbox.attempts).toBe(3)
  })

  it('does not wait for longer than it has time', async () => {
    const { notifier, mailbox } = house()
    mailbox.answers = [{ outcome: 'later', reason: 'slow down', afterMs: 3_600_000 }]
    expect(await notifier().report(found('disk'))).toMatchObject([{ outcome: 'waits', reason: 'slow down' }])
    expect(mailbox.attempts).toBe(1)
  })

  it('gives a channel up that is gone, until its address is another one', async () => {
    const { folder, notifier, mailbox } = house()
    mailbox.answers = [{ outcome: 'gone', reason: 'Unknown Webhook' }]
    expect(await notifier().report(found('disk'))).toEqual([
      { channel: 'discord', outcome: 'given-up', reason: 'Unknown Webhook' },
    ])
    expect(await notifier().report(found('disk', 'lock'))).toMatchObject([{ outcome: 'given-up' }])
    expect(mailbox.attempts).toBe(1)
    expect(waitingNotices(foldersOf(folder))).toMatchObject({
      count: 2,
      givenUp: [{ channel: 'discord', at, reason: 'Unknown Webhook' }],
    })
    mailbox.fingerprint = 'second'
    expect(await notifier().deliverWaiting()).toEqual([{ channel: 'discord', outcome: 'delivered' }])
    expect(kindsOf(mailbox)).toEqual(['failure watch/disk', 'failure watch/lock'])
    expect(waitingNotices(foldersOf(folder))).toEqual({ count: 0, since: undefined, givenUp: [] })
  })

  it('asks a channel again that was given up a day ago: it may have been somebody else who said so', async () => {
    const { notifier, mailbox } = house()
    mailbox.answers = [{ outcome: 'gone', reason: 'Not Found' }]
    await notifier().report(found('disk'))
    expect(await notifier(fixedClock('2026-01-27T02:00:00Z')).deliverWaiting()).toMatchObject([{ outcome: 'given-up' }])
    expect(await notifier(fixedClock('2026-01-27T04:00:00Z')).deliverWaiting()).toEqual([
      { channel: 'discord', outcome: 'delivered' },
    ])
    expect(kindsOf(mailbox)).toEqual(['failure watch/disk'])
  })

  it('tells, with what it has, when the journal cannot be read', async () => {
    const { folder, notifier, mailbox } = house()
    mkdirSync(join(folder, 'journal/2099-12.jsonl'), { recursive: true })
    expect(await notifier().report(found('journal'))).toEqual([{ channel: 'discord', outcome: 'delivered' }])
    expect(mailbox.got[0]).toMatchObject({ others: 'How the other components are is not known.' })
  })

  it('forgets that it gave a channel up when a test arrives', async () => {
    const { folder, notifier, mailbox } = house()
    mailbox.answers = [{ outcome: 'gone', reason: 'Unknown Webhook' }]
    await notifier().report(found('disk'))
    expect(await notifier().test()).toEqual([{ channel: 'discord', outcome: 'delivered' }])
    expect(waitingNotices(foldersOf(folder)).givenUp).toEqual([])
  })

  it('does not let one channel wait for another', async () => {
    const [dead, alive] = [new Mailbox('discord dead'), new Mailbox('discord alive')]
    dead.answers = Array.from({ length: 20 }, () => down)
    const { notifier } = house([dead, alive])
    expect(await notifier().report(found('disk'))).toMatchObject([
      { channel: 'discord dead', outcome: 'waits' },
      { channel: 'discord alive', outcome: 'delivered' },
    ])
    dead.answers = []
    expect(await notifier().deliverWaiting()).toEqual([{ channel: 'discord dead', outcome: 'delivered' }])
    expect(alive.got).toHaveLength(1)
  })

  it('passes over a notice that a channel refuses, so that the next one arrives', async () => {
    const { notifier, mailbox, journal } = house()
    mailbox.answers = [{ outcome: 'refused', reason: 'no' }]
    expect(await notifier().report(found('disk'))).toEqual([{ channel: 'discord', outcome: 'given-up', reason: 'no' }])
    expect(await notifier().report(found('disk', 'lock'))).toEqual([{ channel: 'discord', outcome: 'delivered' }])
    expect(journal()[0]).toMatchObject({ outcome: 'given-up', reason: 'no' })
  })

  it.each(['a file that was torn', 'a file of somebody else', 'a file that is gone'])('goes on with %s', async (which) => {
    const { folder, notifier, mailbox } = house()
    const file = join(folder, 'notices.json')
    await notifier().report(found('disk'))
    if (which === 'a file that was torn') truncateSync(file, readFileSync(file).length - 20)
    else writeFileSync(file, which === 'a file that is gone' ? '' : '{"incidents":[{}],"waiting":"all","givenUp":[null]}')
    await notifier().report(found('disk'))
    await notifier().report(found())
    expect(kindsOf(mailbox)).toEqual(['failure watch/disk', 'failure watch/disk', 'all-clear watch/disk'])
  })

  it('tells people also when it can write nothing down', async () => {
    const { folder, notifier, mailbox } = house()
    // A folder in the place of the file is as good as a full disk, and stops root too.
    mkdirSync(join(folder, 'notices.json'))
    mkdirSync(join(folder, 'run/notices.json'), { recursive: true })
    expect(await notifier().report(found('disk'))).toEqual([{ channel: 'discord', outcome: 'delivered' }])
    expect(kindsOf(mailbox)).toEqual(['failure watch/disk'])
  })

  it('remembers in memory what its disk does not take, and on the disk again as soon as that does', async () => {
    const { folder, notifier, mailbox } = house()
    mkdirSync(join(folder, 'notices.json'))
    for (const _ of [1, 2, 3]) await notifier().report(found('disk'))
    expect(kindsOf(mailbox)).toEqual(['failure watch/disk'])
    expect(readdirSync(join(folder, 'notices.json'))).toEqual([])
    rmdirSync(join(folder, 'notices.json'))
    await notifier().report(found('disk'))
    expect(readFileSync(join(folder, 'notices.json'), 'utf8')).toContain('"count":4')
    expect(readdirSync(join(folder, 'run'))).toEqual([])
    await notifier().report(found())
    expect(kindsOf(mailbox)).toEqual(['failure watch/disk', 'all-clear watch/disk'])
  })

  it('lets nothing get lost or told twice when many tell at once', async () => {
    const { folder, notifier, mailbox } = house()
    const names = ['a', 'b', 'c', 'd', 'e', 'f']
    await Promise.all(names.map((name) => notifier().report({ looked: [`watch/${name}`], found: [finding(name)] })))
    await notifier().deliverWaiting()
    const told = mailbox.got.flatMap(({ items = [] }) => items.map(({ subject }) => subject))
    expect(told.toSorted()).toEqual(names.map((name) => `watch/${name}`))
    expect(waitingNotices(foldersOf(folder)).count).toBe(0)
  })

  it('lets no secret into a notice, neither sent nor waiting', async () => {
    const { folder, notifier, mailbox } = house()
    mailbox.answers = Array.from({ length: 20 }, () => down)
    const text = `cannot open ${secret} or ${encodeURIComponent(secret)} or ${Buffer.from(secret).toString('base64')}`
    await notifier().report({ looked: [], found: [finding('key', text)] })
    expect(readFileSync(join(folder, 'notices.json'), 'utf8')).not.toMatch(/correct|horse|Y29ycmVjd/)
    await notifier().deliverWaiting()
    expect(JSON.stringify(mailbox.got)).not.toMatch(/correct|horse|Y29ycmVjd/)
  })

  it('never throws, whatever fails', async () => {
    const { folder } = house()
    const broken = createNotifier({
      view: {
        site: {
          name: 'x',
          notify: [{ kind: 'discord', name: undefined, events: ['failure'] }],
          components: [],
        } as unknown as Site,
        machine: fakeKernel(),
        clock: { now: () => instant(at), sleep: () => Promise.resolve() },
        journal: openJournal(join(folder, 'journal')),
        pointCache: openPointCache(folder),
        ...foldersOf(folder),
      },
      place: createLocalPlace(),
      configuration: undefined,
      unusable: [],
      open: () => Promise.reject(new Error('no channels can be had')),
    })
    expect(await broken.report(found('disk'))).toEqual([
      { channel: 'notices', outcome: 'given-up', reason: 'no channels can be had' },
    ])
  })
})
