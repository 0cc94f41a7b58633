import { resolve } from 'node:path'
import type { AppContext } from '../../app/site/context.ts'
import { listFolder } from '../../app/browse/browse.ts'
import { previewRestore, whatToRestore } from '../../app/restore/restore-guide.ts'
import { refuseFile } from '../../app/restore/facts/database-target.ts'
import { temporaryFolder } from '../../app/restore/folders.ts'
import { stampOf } from '../../app/restore/plan.ts'
import { latestPoint } from '../../app/component/restore-point.ts'
import { refuseTarget } from '../../app/restore/facts/target-state.ts'
import { HoldfastError } from '../../domain/errors.ts'
import { isDatabase, type Component } from '../../domain/site.ts'
import { isWhole, pointsByDay, stretchesByDay, type Day } from '../../policy/restore-days.ts'
import { liesBeyondArchive } from '../../policy/recovery-target.ts'
import { windowFor } from '../../policy/recovery-window.ts'
import { parseRestoreTime } from '../../policy/restore-time.ts'
import type { GlobalOptions } from '../options.ts'
import { requestOf } from '../restore-options.ts'
import { withConfiguration } from '../output/shell-text.ts'
import { timeStamp } from '../output/time.ts'
import type { Console } from '../output/console.ts'
import { askScreen, back } from './ask-screen.ts'
import { calendarScreen, type DayOffer } from './calendar-screen.ts'
import { choiceScreen, type Choice } from './choice-screen.ts'
import { chosenOf, choosableOf, pointText, soFar, sourceText, stretchText, type Draft, type What } from './draft.ts'
import { folderAbove, folderScreen } from './folder-screen.ts'
import { commandWords, destinationText, optionsOf, placesFor, type GuidedRestore } from './restore-place.ts'
import { startScreen, summaryLines, type RestoreSummary } from './restore-summary.ts'
import type { Screen } from './screen.ts'
import { complaintOf, unasked, walk, type Step } from './walk.ts'
import { textScreen } from './text-screen.ts'

/** Asks all that a restore needs to know; touches nothing. Throws `interrupted` when whoever is asked leaves. */
export async function guideRestore(
  context: AppContext,
  options: GlobalOptions,
  console: Console,
  named: string | undefined,
): Promise<GuidedRestore> {
  const guide = new Guide(context, options, console)
  const when = [guide.when, guide.day, guide.pointOfDay, guide.timeOfDay]
  const what = [guide.what, guide.parts, guide.database, guide.tables]
  const draft = await walk([guide.component(named), ...when, ...what, guide.place, guide.to, guide.summary])
  return optionsOf(chosenOf(draft))
}

/** How much of a folder is listed at once. */
const listedEntries = 5000

class Guide {
  private readonly context: AppContext
  private readonly options: GlobalOptions
  private readonly console: Console

  constructor(context: AppContext, options: GlobalOptions, console: Console) {
    this.context = context
    this.options = options
    this.console = console
  }

  component =
    (named: string | undefined): Step =>
    async (draft) => {
      const { components } = this.context.site
      const choices = components.map((component): Choice<Component> => ({
        label: component.name,
        note: sourceText(component),
        value: component,
      }))
      const given = components.find(({ name }) => name === named)
      const component = given ?? (await this.ask(draft, choiceScreen('What shall be restored?', choices)))
      if (component === back) return back
      const choosable = await this.waitFor(`asking what there is of ${component.name}`, whatToRestore(this.context, component))
      return { draft: { choosable }, asked: given === undefined }
    }

  when: Step = async (draft) => {
    const { component, points } = choosableOf(draft)
    const newest = isDatabase(component) ? undefined : latestPoint(points, this.context)
    const [latest, other, note] =
      newest === undefined
        ? [
            'the latest',
            'a second of the past, by a calendar',
            'all that is archived, and while the server lives all that is committed',
          ]
        : ['the newest point', 'another, by a calendar', pointText(newest)]
    const screen = choiceScreen<'latest' | 'calendar'>('As it was when?', [
      { label: latest, note, value: 'latest' },
      { label: other, value: 'calendar' },
    ])
    const when = await this.ask(draft, screen)
    if (when === back) return back
    return { draft: { ...draft, when, ...(when === 'latest' && newest !== undefined ? { point: newest } : {}) }, asked: true }
  }

  day: Step = async (draft) => {
    if (draft.when !== 'calendar') return unasked(draft)
    const { component, points, windows } = choosableOf(draft)
    const { timeZone } = this.context.site
    const offers = new Map<Day, DayOffer>()
    if (isDatabase(component)) {
      for (const [day, stretches] of stretchesByDay(windows, timeZone)) {
        const mark = isWhole(day, stretches, timeZone) ? '■' : '◧'
        offers.set(day, { mark, words: [`${day}: any second`, ...stretches.map(stretchText)] })
      }
    } else {
      for (const [day, held] of pointsByDay(points, timeZone)) {
        const shown = held.slice(0, 3).map(pointText)
        const rest = held.length > shown.length ? [`and ${held.length - shown.length} more`] : []
        offers.set(day, {
          mark: '■',
          words: [`${day}: ${held.length} ${held.length === 1 ? 'point' : 'points'}`, ...shown, ...rest],
        })
      }
    }
    if (offers.size === 0) {
      throw new HoldfastError('target-time', `there is no recovery window of ${component.name} yet`, {
        hint: `holdfast backup ${component.name} opens one`,
      })
    }
    const legend = isDatabase(component) ? '■ any second of the day   ◧ part of it' : '■ has points'
    const day = await this.ask(draft, calendarScreen('On which day?', offers, legend))
    return day === back ? back : { draft: { ...draft, day }, asked: true }
  }

  pointOfDay: Step = async (draft) => {
    const { component, points } = choosableOf(draft)
    if (draft.day === undefined || isDatabase(component)) return unasked(draft)
    const held = pointsByDay(points, this.context.site.timeZone).get(draft.day) ?? []
    const [only] = held
    if (held.length === 1 && only !== undefined) return unasked({ ...draft, point: only })
    const choices = held.map((point) => ({ label: pointText(point), value: point }))
    const point = await this.ask(draft, choiceScreen(`Which point of ${draft.day}?`, choices, held.length - 1))
    return point === back ? back : { draft: { ...draft, point }, asked: true }
  }

  timeOfDay: Step = async (draft) => {
    const { component, windows } = choosableOf(draft)
    const { day } = draft
    if (day === undefined || !isDatabase(component)) return unasked(draft)
    const { timeZone } = this.context.site
    const stretches = stretchesByDay(windows, timeZone).get(day) ?? []
    const last = stretches.at(-1)
    const suggestion = last === undefined ? '' : timeStamp(last.to).slice(11)
    const read = (text: string) => parseRestoreTime(/^\d{1,2}:\d{2}(:\d{2})?$/.test(text) ? `${day} ${text}` : text, timeZone)
    const refusal = (text: string) =>
      complaintOf(() => {
        const at = read(text)
        const now = this.context.clock.now()
        // What the live server has not archived yet, the restore has archived first.
        if (!liesBeyondArchive(at, windows, now)) windowFor(at, windows, now, timeZone)
      })
    const notes = ['any second:', ...stretches.map(stretchText)]
    const text = await this.ask(draft, textScreen(`What time on ${day}?`, notes, suggestion, refusal))
    return text === back ? back : { draft: { ...draft, at: read(text) }, asked: true }
  }

  what: Step = async (draft) => {
    const choices: Choice<What>[] = isDatabase(choosableOf(draft).component)
      ? [
          { label: 'the whole cluster', value: 'whole' },
          { label: 'one database', value: 'database' },
          { label: 'tables of one database', value: 'tables' },
        ]
      : [
          { label: 'all of it', value: 'whole' },
          { label: 'parts', note: 'folders and files that you tick', value: 'parts' },
        ]
    const what = await this.ask(draft, choiceScreen('How much of it?', choices))
    return what === back ? back : { draft: { ...draft, what }, asked: true }
  }

  database: Step = async (draft) => {
    if (draft.what !== 'database' && draft.what !== 'tables') return unasked(draft)
    const refusal = (text: string) => (text === '' ? 'name one' : undefined)
    const database = await this.ask(draft, textScreen('Which database?', ['by the name that it had then'], '', refusal))
    return database === back ? back : { draft: { ...draft, database }, asked: true }
  }

  tables: Step = async (draft) => {
    if (draft.what !== 'tables') return unasked(draft)
    const notes = ['as schema.table; several with commas between']
    const namesIn = (text: string) =>
      text
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '')
    const refusal = (text: string) => (namesIn(text).length === 0 ? 'name one' : undefined)
    const text = await this.ask(draft, textScreen('Which tables?', notes, '', refusal))
    return text === back ? back : { draft: { ...draft, tables: namesIn(text) }, asked: true }
  }

  parts: Step = async (draft) => {
    const { browser, component } = choosableOf(draft)
    if (draft.what !== 'parts' || browser === undefined || isDatabase(component)) return unasked(draft)
    const { paths: sources } = browser.component.source
    let ticked: readonly string[] = []
    let path: string | undefined
    let from: string | undefined
    for (;;) {
      const wish = { path, point: draft.point?.id, at: undefined, limit: listedEntries }
      const listing = await this.waitFor('looking into the point', listFolder(this.context, browser, wish))
      const above = folderAbove(listing.path, sources)
      const view = { path: listing.path, above, entries: listing.entries, more: listing.more }
      const begin = Math.max(
        0,
        listing.entries.findIndex((entry) => entry.path === from),
      )
      const answer = await this.ask(draft, folderScreen(view, ticked, begin))
      if (answer === back) return back
      if ('done' in answer) return { draft: { ...draft, paths: answer.done }, asked: true }
      from = answer.open === above ? listing.path : undefined
      path = answer.open
      ticked = answer.ticked
    }
  }

  place: Step = async (draft) => {
    const { component } = choosableOf(draft)
    const place = await this.ask(draft, choiceScreen('Where to?', placesFor(component.source, draft.database)))
    return place === back ? back : { draft: { ...draft, place }, asked: true }
  }

  to: Step = async (draft) => {
    const { component } = choosableOf(draft)
    const { place, database = '' } = draft
    if (place === 'in-place') return unasked(draft)
    if (place === 'temporary' && isDatabase(component)) {
      return unasked({ ...draft, to: temporaryFolder(this.context, component.name, stampOf(this.context.clock.now())) })
    }
    const when = timeStamp(draft.at ?? draft.point?.endedAt ?? this.context.clock.now()).replaceAll(/[ :]/g, '-')
    if (place === 'live-database') {
      const notes = ['one that is not there is made; tables that are there are not replaced']
      const refusal = (text: string) => (text === '' ? 'name one' : undefined)
      const name = await this.ask(draft, textScreen('Into which database?', notes, `${database}_restored`, refusal))
      return name === back ? back : { draft: { ...draft, to: name }, asked: true }
    }
    const isDump = place === 'dump'
    const refusal = (text: string) => {
      if (text === '') return isDump ? 'name a file' : 'name a folder'
      return complaintOf(() => {
        if (!isDump) refuseTarget(this.context, component, resolve(text))
        else if (isDatabase(component)) refuseFile(this.context, component, resolve(text))
      })
    }
    const screen = isDump
      ? textScreen('Into which file?', ['one that is not there yet'], `/var/tmp/${component.name}-${when}.dump`, refusal)
      : textScreen(
          'Into which folder?',
          ['one that is empty, or not there yet'],
          `/var/tmp/restored-${component.name}-${when}`,
          refusal,
        )
    const to = await this.ask(draft, screen)
    return to === back ? back : { draft: { ...draft, to: resolve(to) }, asked: true }
  }

  summary: Step = async (draft) => {
    const choosable = choosableOf(draft)
    const { component } = choosable
    const { at, paths = [], database } = draft
    const chosen = chosenOf(draft)
    const options = optionsOf(chosen)
    const request = requestOf(options)
    const preview = await this.waitFor('looking at what it takes', previewRestore(this.context, choosable, request))
    const summary: RestoreSummary = {
      component: component.name,
      location: component.location,
      paths,
      part: draft.tables?.join(', ') ?? (database === undefined ? undefined : `database ${database}`),
      destination: destinationText(chosen),
      latest: isDatabase(component) && at === undefined,
      preview,
      words: withConfiguration(commandWords(options), this.options),
    }
    const started = await this.ask({}, startScreen(summary))
    if (started === back) return back
    this.console.fail(({ columns, paint }) => [...summaryLines(summary, columns, paint), ''])
    return { draft, asked: true }
  }

  private ask<State, Answer>(draft: Draft, screen: Screen<State, Answer>): Promise<Answer | typeof back> {
    return askScreen(screen, soFar(draft), this.context.signal, this.console.outlet)
  }

  /** A word on the terminal while an engine is asked. */
  private waitFor<Answer>(what: string, answer: Promise<Answer>): Promise<Answer> {
    return this.console.waitFor(what, answer)
  }
}
