import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { stringify } from 'yaml'
import { lockFileOf, type AppContext } from '../../app/site/context.ts'
import { fetchKit, openKit, type FetchedKit } from '../../app/kit/fetch-kit.ts'
import { installPackages } from '../../app/setup/packages.ts'
import { kitFiles } from '../../app/kit/kit-manifest.ts'
import { planRecovery, recoveryFileOf, recoveryFolderOf, selectSteps } from '../../app/recover/recover.ts'
import type { Recovery, RecoverStep } from '../../app/recover/step.ts'
import { openRecovery, type OpenRecovery, type RecoveredStep } from '../../app/recover/recovery-record.ts'
import { loadSite, readConfiguration } from '../../config/load.ts'
import { placeConfiguration, placeSecrets } from '../../config/place.ts'
import { isSameStorage, withStorage, type StorageSettings } from '../../config/relocate.ts'
import type { Secrets } from '../../config/secrets.ts'
import { parseInstant } from '../../domain/clock.ts'
import { HoldfastError, isHoldfastError } from '../../domain/errors.ts'
import { exitCodes } from '../../domain/exit-codes.ts'
import { formatDuration } from '../../domain/duration.ts'
import { locationText } from '../../domain/repository.ts'
import type { Site } from '../../domain/site.ts'
import { shellWord } from '../../places/command-text.ts'
import { withSiteLock } from '../../places/site-lock.ts'
import { composeContext, contextOf, secretsOf } from '../compose.ts'
import { configurationFile, type GlobalOptions } from '../options.ts'
import type { Console } from '../output/console.ts'
import { columns, padded, type Terminal } from '../output/terminal.ts'
import { machineOf } from '../machine.ts'

export interface RecoverOptions extends GlobalOptions {
  readonly site?: string
  readonly directory?: string
  readonly bucket?: string
  readonly region?: string
  readonly endpoint?: string
  readonly caFile?: string
  readonly prefix?: string
  readonly at?: string
  readonly step?: string[]
  readonly overwrite?: string[]
  readonly takeOver?: boolean
}

/** A bare machine back from storage and passphrase; or, with --take-over, the live machine from now on. */
export async function recover(options: RecoverOptions, console: Console): Promise<number> {
  if (options.takeOver) return (await import('./take-over.ts')).takeOver(options, console)
  const seed = await seedSite(options)
  const secrets = await askSecrets(seed, console)
  const bare = await contextOf(seed, secrets, console)
  return withSiteLock(
    {
      place: bare.place,
      clock: bare.clock,
      signal: bare.signal,
      file: lockFileOf(bare),
      verb: 'recover',
      waitMs: 0,
      onWait: () => undefined,
    },
    () => recoverSite(bare, secrets, options, console),
  )
}

async function recoverSite(bare: AppContext, secrets: Secrets, options: RecoverOptions, console: Console): Promise<number> {
  await requireRestic(bare, console)
  const progress = openRecovery(recoveryFileOf(bare.stateDirectory), bare.clock)
  const kit = await obtainKit(bare, progress)
  const text = kit === undefined ? readConfiguration(bare.site.file) : await adaptedText(bare.site, kit, options)
  const site = await loadSite(bare.site.file, machineOf(), text)
  if (site.name !== bare.site.name) throw otherSite(site, bare.site.name)
  const recovery: Recovery = {
    bare,
    site,
    kit,
    progress,
    placeConfiguration: (keepsOther) =>
      placeConfiguration({ site, text, authority: kit && join(kit.folder, kitFiles.authority), keepsOther }),
    placeSecrets: () => placeSecrets(site, secrets),
    compose: () => composeContext({ ...options, config: site.file }, console),
    at: options.at,
    overwrite: options.overwrite ?? [],
  }
  const steps = planRecovery(recovery)
  const wanted = selectSteps(steps, options.step ?? [])
  if (options.step === undefined) refuseFinished(bare, options, steps, progress)
  progress.record.at = options.at
  console.tell((terminal) => planLines(bare, kit, steps, progress, terminal))
  if (!options.yes && !console.canAsk) {
    throw new HoldfastError('usage', 'nobody is there to answer, so nothing was done', {
      hint: 'on a terminal each step is asked for; holdfast recover --yes goes through all of them',
    })
  }
  const left: string[] = []
  for (const step of wanted) {
    const before = progress.record.steps[step.id]
    if (before?.endedAt !== undefined && options.step === undefined) continue
    if (!options.yes) console.fail(() => [''])
    if (!(await console.confirm(`${step.what}?`, true))) {
      left.push(step.id)
      continue
    }
    progress.begin(step.id)
    const line = console.progress(step.id, bare.clock)
    const evidence = await step.run(line.report).finally(line.clear)
    const done = progress.end(step.id, evidence)
    console.tell((terminal) => stepLines(step.id, done, terminal))
  }
  finish(console, site, steps, progress, left)
  return left.length === 0 ? exitCodes.done : exitCodes.partlyDone
}

/** What was brought back long ago, or as of another time, is not what somebody wants who asks for all of it now. */
function refuseFinished(bare: AppContext, { at }: RecoverOptions, steps: readonly RecoverStep[], { record }: OpenRecovery): void {
  const ends = steps.map(({ id }) => record.steps[id]?.endedAt)
  const last =
    ends
      .map((end) => end ?? '')
      .toSorted()
      .at(-1) ?? ''
  const isFinished = ends.every((end) => end !== undefined)
  if (!isFinished && (last === '' || record.at === at)) return
  const when = `${last.slice(0, 16).replace('T', ' ')} UTC, ${record.at === undefined ? 'to the newest of then' : `as of ${record.at}`}`
  const anew = `to begin anew, after seeing to what lies in its places: rm ${shellWord(recoveryFileOf(bare.stateDirectory))}`
  if (isFinished) {
    throw new HoldfastError('target-exists', `this machine was recovered already, by ${when}`, {
      hint: `if that is what you want to go on with: holdfast recover --take-over; ${anew}`,
    })
  }
  throw new HoldfastError('target-exists', `a recovery of this machine was begun, which came to ${when}`, {
    hint: `to go on with that: holdfast recover${record.at === undefined ? '' : ` --at ${shellWord(record.at)}`}; ${anew}`,
  })
}

/** The site as flags tell of it, or as a configuration that lies in its place already does. */
async function seedSite(options: RecoverOptions): Promise<Site> {
  const file = configurationFile(options)
  const storage = storageSettings(options)
  if (storage === undefined) {
    if (existsSync(file)) return { ...(await loadSite(file, machineOf())), components: [] }
    throw new HoldfastError('usage', 'it is not said where the backups lie', {
      hint: 'holdfast recover --site NAME --directory /mnt/backup, or --site NAME --bucket NAME --region REGION',
    })
  }
  if (options.site === undefined) {
    throw new HoldfastError('usage', 'it is not said which site this machine is to be', { hint: 'name it: --site pi-hosting' })
  }
  // The same rules as in holdfast.yaml, with the same words.
  const seed = { site: options.site, storage, components: { seed: { files: { paths: ['/nothing'] } } } }
  return { ...(await loadSite(file, machineOf(), stringify(seed))), components: [] }
}

function storageSettings(options: RecoverOptions): StorageSettings | undefined {
  const { directory, bucket, region, endpoint, caFile, prefix } = options
  if (directory !== undefined && bucket !== undefined) {
    throw new HoldfastError('usage', '--directory and --bucket exclude each other', {
      hint: 'give the one that holds the backups',
    })
  }
  if (directory !== undefined) return { directory: resolve(directory) }
  if (bucket === undefined) return undefined
  return {
    s3: {
      bucket,
      ...(region === undefined ? {} : { region }),
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(caFile === undefined ? {} : { caFile: resolve(caFile) }),
      ...(prefix === undefined ? {} : { prefix }),
    },
  }
}

const asked = [
  ['RESTIC_PASSWORD', 'passphrase of the repositories (not shown): '],
  ['AWS_ACCESS_KEY_ID', 'access key id of the bucket (not shown): '],
  ['AWS_SECRET_ACCESS_KEY', 'secret access key of the bucket (not shown): '],
] as const

/** From the secrets folder, the environment, or the person at the terminal; never from arguments. */
async function askSecrets(site: Site, console: Console): Promise<Secrets> {
  const environment = { ...process.env }
  const needed = asked.filter(([name]) => name === 'RESTIC_PASSWORD' || site.storage.kind === 's3')
  for (;;) {
    try {
      return await secretsOf(site, environment)
    } catch (error) {
      const missing = needed.find(([name]) => !environment[name])
      if (!isHoldfastError(error) || error.code !== 'secret' || missing === undefined) throw error
      const given = await console.askSecret(missing[1])
      if (given === '') {
        throw new HoldfastError('secret', error.message, {
          hint: `put restic.key${site.storage.kind === 's3' ? ' and aws.env' : ''} into ${site.secretsDirectory} (mode 0600), or set ${needed.map(([name]) => name).join(', ')}`,
          cause: error,
        })
      }
      environment[missing[0]] = given
    }
  }
}

async function requireRestic(bare: AppContext, console: Console): Promise<void> {
  if (bare.place.find(bare.site.engines.restic) !== undefined) return
  if (!(await console.confirm('restic is needed to open the recovery kit: install it with apt-get?', true))) {
    throw new HoldfastError('engine-missing', 'restic is not installed', { hint: 'apt-get install restic' })
  }
  await installPackages(bare, ['restic'], 'holdfast recover')
}

/** The kit that was fetched before, so that all steps of a recovery work from the same one; or the newest. */
async function obtainKit(bare: AppContext, progress: OpenRecovery): Promise<FetchedKit | undefined> {
  const folder = recoveryFolderOf(bare.stateDirectory)
  const known = progress.record.kit
  if (known !== undefined && existsSync(folder)) return openKit(folder, known.point)
  try {
    const kit = await fetchKit(bare, folder)
    progress.record.kit = { point: kit.point, madeAt: kit.manifest.madeAt, machine: kit.manifest.machine }
    progress.save()
    return kit
  } catch (error) {
    // A configuration that somebody put in its place does as well, without what only the kit knows.
    const replaceable = isHoldfastError(error) && ['repository-missing', 'kit-unreadable'].includes(error.code)
    if (replaceable && existsSync(bare.site.file)) return undefined
    throw error
  }
}

/** The configuration of the kit, with the storage where it lies now. */
async function adaptedText(seed: Site, kit: FetchedKit, options: RecoverOptions): Promise<string> {
  const text = readFileSync(join(kit.folder, kitFiles.configuration), 'utf8')
  const settings = storageSettings(options)
  if (settings === undefined) return readConfiguration(seed.file)
  const kept = await loadSite(seed.file, machineOf(), text)
  return isSameStorage(kept.storage, seed.storage) ? text : withStorage(text, settings)
}

const otherSite = (site: Site, wanted: string): HoldfastError =>
  new HoldfastError('configuration', `${site.file} is the configuration of the site ${site.name}, not of ${wanted}`, {
    hint: 'move it away, or choose another place: --config FILE',
  })

function planLines(
  bare: AppContext,
  kit: FetchedKit | undefined,
  steps: readonly RecoverStep[],
  { record }: OpenRecovery,
  { paint }: Terminal,
): string[] {
  const from =
    kit === undefined
      ? 'without a recovery kit, from its configuration alone'
      : `from the recovery kit of ${kit.manifest.madeAt.slice(0, 16).replace('T', ' ')} UTC, made on ${kit.manifest.machine} with Holdfast ${kit.manifest.versions.holdfast}`
  const width = Math.max(...steps.map(({ id }) => id.length))
  return [
    `${paint('bold', `${bare.site.name} · recover`)}  ${from}`,
    `  ${locationText(bare.kit.location)}`,
    '',
    ...steps.flatMap(({ id, what, detail }) => [
      `  ${record.steps[id]?.endedAt === undefined ? '·' : paint('good', '✓')} ${padded(id, width)}  ${what}`,
      ...detail.map((line) => `    ${padded('', width)}  ${paint('dim', line)}`),
    ]),
    '',
  ]
}

function stepLines(id: string, { durationMs = 0, evidence = [] }: RecoveredStep, { paint }: Terminal): string[] {
  const [first = 'done', ...more] = evidence
  return [`${paint('good', '✓')} ${id}  ${formatDuration(durationMs)}  ${first}`, ...more.map((line) => `    ${line}`)]
}

function finish(
  console: Console,
  site: Site,
  steps: readonly RecoverStep[],
  { record }: OpenRecovery,
  left: readonly string[],
): void {
  const rows = steps.map(({ id, what }) => ({ id, what, ...record.steps[id] }))
  const durationMs = rows.reduce((total, row) => total + (row.durationMs ?? 0), 0)
  const isWhole = rows.every((row) => row.endedAt !== undefined)
  const shown = rows.map(({ id, what, begunAt, endedAt, durationMs: took, evidence = [] }) => ({
    step: id,
    what,
    done: endedAt !== undefined,
    ...(begunAt === undefined ? {} : { beganAt: parseInstant(begunAt) }),
    ...(took === undefined ? {} : { durationMs: took }),
    evidence,
  }))
  const report = { site: site.name, whole: isWhole, durationMs, steps: shown }
  const { paint } = console.outlet.results.terminal
  const table = columns(
    rows.map((row) => [
      `  ${row.endedAt === undefined ? paint('warn', '–') : paint('good', '✓')} ${row.id}`,
      row.durationMs === undefined ? '' : formatDuration(row.durationMs),
      row.evidence?.[0] ?? 'still to do',
    ]),
    ['left', 'right'],
  )
  const next = isWhole
    ? [
        `  everything is back, in ${formatDuration(durationMs)}. This machine makes no backups yet, and its databases archive nothing:`,
        `  the site still belongs to the machine before. When this is the live one, and the other is off for good:`,
        '',
        '    holdfast recover --take-over',
        '',
        `  It archives, backs up at once, and each day at ${site.schedule.backup} from then on.`,
      ]
    : [
        `  still to do: ${left.join(', ') || rows.flatMap((row) => (row.endedAt === undefined ? [row.id] : [])).join(', ')}; holdfast recover goes on from here`,
      ]
  console.print({ recover: report }, () => ['', ...table, '', ...next])
}
