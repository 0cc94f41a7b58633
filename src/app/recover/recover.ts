import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolder, replaceFile } from '../../disk/replace-file.ts'
import { HoldfastError } from '../../domain/errors.ts'
import type { Progress } from '../../domain/events.ts'
import { isInContainer, isDatabase, type Component, type ContainerComponent } from '../../domain/site.ts'
import type { AppContext } from '../site/context.ts'
import { formatLocalStamp } from '../../policy/local-time.ts'
import type { FetchedKit } from '../kit/fetch-kit.ts'
import { journalFolderOf } from '../kit/kit-component.ts'
import { planRestore } from '../restore/ask-plan.ts'
import { restoreExecutor } from '../restore/executor.ts'
import type { RestoreRequest } from '../restore/request.ts'
import type { Recovery, RecoverStep } from './step.ts'
import { missingPrograms, installPrograms, programVersions } from './recover-programs.ts'
import { restoreFolder } from '../runbook/runbook-facts.ts'
import { recoverDatabase } from './recover-database.ts'
import { recoverFiles } from './recover-files.ts'

/**
 * All that makes a bare machine the one that was lost, in the order in which it has to be done. Nothing here makes a backup:
 * that begins only when somebody says that this is the live machine now.
 */
export function planRecovery(recovery: Recovery): RecoverStep[] {
  const { site, kit, bare } = recovery
  let composed: Promise<AppContext> | undefined
  const context = () => (composed ??= recovery.compose())
  const missing = missingPrograms(bare, site, kit?.manifest)
  const steps: RecoverStep[] = [
    { id: 'configuration', what: `write ${site.file}`, detail: [], run: async () => recovery.placeConfiguration(true) },
    {
      id: 'secrets',
      what: `write the secrets to ${site.secretsDirectory}`,
      detail: ['mode 0600'],
      run: async () => recovery.placeSecrets(),
    },
  ]
  if (kit !== undefined && existsSync(kit.journal)) {
    const folder = journalFolderOf(bare.stateDirectory)
    steps.push({
      id: 'journal',
      what: `bring the journal back to ${folder}`,
      detail: [],
      run: async () => bringJournal(recovery, kit),
    })
  }
  steps.push({
    id: 'programs',
    what: missing.length === 0 ? 'look at engines and PostgreSQL' : `install ${missing.join(', ')}`,
    detail: missing.length === 0 ? ['all are installed'] : [],
    async run() {
      await installPrograms(bare, missing)
      return programVersions(bare, site, kit?.manifest)
    },
  })
  const taken = new Set(steps.map(({ id }) => id))
  for (const component of inOrder(site.components)) {
    const id = taken.has(component.name) ? `component-${component.name}` : component.name
    steps.push({
      id,
      ...describeComponent(component, recovery),
      component,
      run: async (report) => restoreComponent(await context(), component, id, recovery, report),
    })
  }
  return steps
}

/** Configurations first, as databases and services need them; then databases; then everything else. */
function inOrder(components: readonly Component[]): Component[] {
  const rank = (component: Component): number => {
    if (isDatabase(component)) return 1
    return component.source.paths.some((path) => path === '/etc' || path.startsWith('/etc/')) ? 0 : 2
  }
  return components.toSorted((one, other) => rank(one) - rank(other))
}

function describeComponent(component: Component, { kit, at }: Recovery): Pick<RecoverStep, 'what' | 'detail'> {
  const entry = kit?.manifest.components.find(({ name }) => name === component.name)
  const newest = entry?.newest === undefined ? [] : [`newest known point: ${entry.newest.id} of ${entry.newest.at.slice(0, 19)}Z`]
  const until = at === undefined ? 'the newest there is' : `as of ${at}`
  if (isDatabase(component)) {
    const major = entry?.cluster?.major === undefined ? '' : ` ${entry.cluster.major}`
    const { container, dataDirectory } = component.source
    if (container !== undefined) {
      const what = `restore PostgreSQL${major} of container ${container.name} into ${folderForContainer(component)}`
      return {
        what,
        detail: [until, ...newest, `to be put into the container afterwards: holdfast restore ${component.name} --in-place`],
      }
    }
    const what = `restore PostgreSQL${major} into ${dataDirectory}, and start it`
    return { what, detail: [until, ...newest, 'archiving stays off until this is the live machine'] }
  }
  return { what: `restore the files ${component.source.paths.join(' ')}`, detail: [until, ...newest] }
}

/** A container may not be there yet. */
const folderForContainer = ({ name }: Component): string => `${restoreFolder}/${name}`

async function restoreComponent(
  context: AppContext,
  component: Component,
  id: string,
  recovery: Recovery,
  report: (progress: Progress) => void,
): Promise<readonly string[]> {
  const { at, kit, progress, overwrite } = recovery
  const request = recoveryRequest(component, {
    at,
    begunIn: progress.record.steps[id]?.into,
    overwrites: overwrite.includes(component.name),
  })
  const take = (into: string) => progress.writesInto(id, into)
  if (isInContainer(component)) return recoverIntoFolder(context, component, request, report)
  if (isDatabase(component)) {
    return recoverDatabase(context, component, { kit, request, take }, report)
  }
  const seen = await recoverFiles(context, component, { request, take }, report)
  // The snapshot may hold an older configuration of Holdfast's own.
  recovery.placeConfiguration(false)
  return seen
}

/** What of a component is restored on a bare machine. A container may not be there yet, so its database goes into a folder. */
export function recoveryRequest(
  component: Component,
  { at, ...place }: { readonly at: string | undefined; readonly begunIn: string | undefined; readonly overwrites: boolean },
): RestoreRequest {
  return {
    ...{ component: component.name, at, point: undefined, name: undefined, paths: [], patterns: [], purpose: 'restore' },
    target: isInContainer(component)
      ? { kind: 'directory', folder: folderForContainer(component), overwrite: false }
      : { kind: 'bare-machine', ...place },
  }
}

async function recoverIntoFolder(
  context: AppContext,
  { name, source }: ContainerComponent,
  request: RestoreRequest,
  report: (progress: Progress) => void,
): Promise<readonly string[]> {
  const plan = await planRestore(context, request, { report, prepares: true })
  const restored = await restoreExecutor(context, { report })(plan)
  return [
    `as of ${formatLocalStamp(restored.restoredTo, context.site.timeZone)}, in ${restored.target}; it started, recovered and answered`,
    `to put it into container ${source.container.name}, once that is there: holdfast restore ${name} --in-place; or by hand: holdfast runbook, under “Put it in its place”`,
    ...restored.notes,
  ]
}

/** The history goes on where it ended. A month that this machine has begun already is put behind what came before. */
function bringJournal({ bare }: Recovery, kit: FetchedKit): string[] {
  const folder = journalFolderOf(bare.stateDirectory)
  makeFolder(folder, 0o750)
  const months = readdirSync(kit.journal).filter((name) => /^\d{4}-\d{2}\.jsonl$/.test(name))
  let records = 0
  for (const month of months) {
    const lines = readFileSync(join(kit.journal, month), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
    const file = join(folder, month)
    const own = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []
    const known = new Set(lines)
    const all = [...lines, ...own.filter((line) => line !== '' && !known.has(line))]
    replaceFile(file, `${all.join('\n')}\n`, { mode: 0o640, keep: 'durable' })
    records += lines.length
  }
  const { machine, madeAt } = kit.manifest
  bare.journal.append({ type: 'recovered', at: bare.clock.now(), from: machine, kit: madeAt })
  return [`${records} records of ${months.length} ${months.length === 1 ? 'month' : 'months'}, the last of ${machine}`]
}

/** Throws `usage` for a step that there isn't. */
export function selectSteps(steps: readonly RecoverStep[], wanted: readonly string[]): RecoverStep[] {
  const stranger = wanted.find((id) => !steps.some((step) => step.id === id))
  if (stranger === undefined) return steps.filter(({ id }) => wanted.length === 0 || wanted.includes(id))
  throw new HoldfastError('usage', `there is no step ${stranger} in this recovery`, {
    hint: `there are ${steps.map(({ id }) => id).join(', ')}`,
  })
}

export const recoveryFolderOf = (stateDirectory: string): string => join(stateDirectory, 'recover')
export const recoveryFileOf = (stateDirectory: string): string => join(stateDirectory, 'recover.json')
