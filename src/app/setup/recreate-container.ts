import { commandOf } from '../../domain/command.ts'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { asBefore, makeFolder, replaceFile } from '../../disk/replace-file.ts'
import { duration } from '../../domain/duration.ts'
import { isHoldfastError } from '../../domain/errors.ts'
import type { Change } from '../../domain/plan.ts'
import { unifiedDiff } from '../../domain/unified-diff.ts'
import { markLabel, overrideText } from '../../sources/postgres/container/compose.ts'
import { programVersion } from '../../sources/postgres/container/image.ts'
import { describeContainer, mountOf, type ContainerDescription } from '../../sources/postgres/container/inspection.ts'
import type { ContainerFacts } from '../../sources/postgres/port.ts'
import type { ContainerChange } from './container-change.ts'
import { planImage, type WantedImage } from './container-image.ts'
import { askOwner, type Owner } from './container-owner.ts'
import { addToOwnImage, planBuild, planRecreation } from './container-recreation.ts'
import { refuseLoss, refuseOtherMajor, refuseOutside } from './container-refusals.ts'
import type { AppContext } from '../site/context.ts'
import { crashDanger, missingMounts, mountOptions, neededMounts } from '../component/database-container.ts'
import type { ContainerComponent } from '../../domain/site.ts'

/** What makes a container one that can be backed up. */
export interface ContainerPlan {
  /** Files and an image, which interrupt nothing. */
  readonly preparations: readonly Change[]
  /** Undefined when the container is as it should be. */
  readonly recreation: Change | undefined
  /** Nothing of the rest can be asked or done before it is made anew. */
  readonly waits: boolean
}

/**
 * The files for a container that holds pgBackRest and sees its configuration and repository, and making it anew from them. A
 * container that has all this already, whoever made it so, is left alone.
 */
export async function planContainer(
  context: AppContext,
  component: ContainerComponent,
  inside: ContainerFacts,
): Promise<ContainerPlan> {
  const state = await inspect(context, component, inside)
  const { description, over, missing, mounts, version } = state
  if (state.lacks.length === 0 && !state.isOurs) return { preparations: [], recreation: undefined, waits: false }
  const owner = await askOwner(context, description, over)
  const image = await wantedImage(context, state, owner, inside)
  const override = overrideFor(state, image)
  const lacks = [...state.lacks, ...differences(state, image, override.mark)]
  const files = [
    ...(image === undefined
      ? []
      : planText(image.file, image.text, `its image, with pgBackRest ${programVersion(image.packageVersion)} added to it`)),
    ...(description.compose === undefined
      ? []
      : planText(over, override.text, 'what compose has to know besides; your own files stay as they are')),
  ]
  if (lacks.length === 0) return { preparations: files, recreation: undefined, waits: false }
  refuseLoss(description, inside)
  await refuseOutside(context, component, description, inside)
  if (owner.service?.builds !== true) await refuseOtherMajor(context, description, owner.service?.image)
  const options = mountOptions(mounts)
  const change: ContainerChange = { context, component, description, inside, image, over, lacks, owner, mounts: options }
  const preparations = [...files, ...imageChanges(change, version)]
  const recreation = { ...planRecreation(change), needs: preparations.find(({ byHand }) => byHand) }
  return { preparations, recreation, waits: version === undefined || missing.length > 0 }
}

/** A container as it is, and what it lacks of what a backup needs. */
interface ContainerState {
  readonly description: ContainerDescription
  /** Where its Dockerfile and the file over those of compose are. */
  readonly folder: string
  readonly over: string
  readonly imageName: string
  readonly mounts: ReturnType<typeof neededMounts>
  readonly missing: ReturnType<typeof missingMounts>
  /** Of the pgBackRest inside; undefined when there is none. */
  readonly version: string | undefined
  readonly lacks: readonly string[]
  /** Made from our files, now or before. */
  readonly isOurs: boolean
}

async function inspect(context: AppContext, component: ContainerComponent, inside: ContainerFacts): Promise<ContainerState> {
  const description = await describeContainer(context.place, component.source.container, context.signal)
  const folder = join(dirname(context.site.file), 'container', component.name)
  const over = join(folder, 'compose.holdfast.yaml')
  const missing = missingMounts(context, component, inside).filter((mount) => !willSee(description, mount))
  const version = await pgbackrestIn(context, component)
  const crash =
    'has PostgreSQL as its first process and PGBACKREST_ARCHIVE_ASYNC set, so the database would crash when the storage fails'
  return {
    ...{ description, folder, over, missing, version, mounts: neededMounts(context, component) },
    imageName: `holdfast/${context.site.name}/${component.name}`,
    lacks: [
      ...(version === undefined ? ['has no pgBackRest'] : []),
      ...missing.map(({ what }) => `does not see ${what}`),
      ...(crashDanger(inside) === undefined ? [] : [crash]),
    ],
    isOurs: markLabel in description.labels || existsSync(over),
  }
}

/** Undefined where the image has pgBackRest without us, or its owner builds it. */
async function wantedImage(
  context: AppContext,
  { description, folder, imageName, version }: ContainerState,
  { service }: Owner,
  { uid, gid }: ContainerFacts,
): Promise<WantedImage | undefined> {
  const isFromOurs = description.image === imageName || existsSync(join(folder, 'Dockerfile'))
  if (service?.builds === true || (version !== undefined && !isFromOurs)) return undefined
  const base = service?.image ?? (description.image === imageName ? undefined : description.image)
  return planImage(context, { runtime: description.runtime, name: imageName, folder, uid, gid, base })
}

/** What goes over the files of compose, and a mark of all that the container is made from. */
function overrideFor({ description, mounts }: ContainerState, image: WantedImage | undefined): { text: string; mark: string } {
  const service = description.compose?.service ?? ''
  const build = image && { image: image.name, folder: image.folder }
  const marked = (mark: string): string => overrideText({ service, build, mounts, mark })
  const parts = [image?.text, marked('')].join('\0')
  const mark = createHash('sha256').update(parts).digest('hex').slice(0, 16)
  return { text: marked(mark), mark }
}

function differences(
  { description, version, lacks }: ContainerState,
  image: WantedImage | undefined,
  mark: string,
): readonly string[] {
  const pinned = image && programVersion(image.packageVersion)
  if (version !== undefined && pinned !== undefined && version !== pinned)
    return [`has pgBackRest ${version}, and ${pinned} is pinned`]
  const isOther = description.compose !== undefined && description.labels[markLabel] !== mark
  return lacks.length === 0 && isOther ? ['was made from other files than these'] : []
}

function imageChanges(change: ContainerChange, version: string | undefined): readonly Change[] {
  if (change.image !== undefined) return [planBuild(change, change.image)]
  return version === undefined ? [addToOwnImage(change)] : []
}

/** A mount covers what isn't there yet, too. */
const willSee = (
  description: ContainerDescription,
  { inside, here }: { readonly inside: string; readonly here: string },
): boolean => {
  const mount = mountOf(description, inside)
  return mount !== undefined && mount.source + inside.slice(mount.target.length) === here
}

async function pgbackrestIn(context: AppContext, component: ContainerComponent): Promise<string | undefined> {
  const command = commandOf('pgbackrest', ['version'])
  try {
    const options = { signal: context.signal, deadlineMs: duration(1, 'm'), captureBytes: 65_536 }
    const { stdout } = await context.placeOf(component).run(command, options)
    return /\d[\d.]*\d/.exec(stdout)?.[0]
  } catch (error) {
    if (isHoldfastError(error) && error.code === 'program-missing') return undefined
    throw error
  }
}

function planText(file: string, text: string, reason: string): Change[] {
  const present = existsSync(file) ? readFileSync(file, 'utf8') : undefined
  if (present === text) return []
  return [
    {
      action: present === undefined ? 'write' : 'update',
      subject: file,
      reason,
      detail: unifiedDiff(present ?? '', text, [present === undefined ? '/dev/null' : file, file]),
      apply: async () => {
        makeFolder(dirname(file), 0o755)
        replaceFile(file, text, { ...asBefore(file, 0o644), keep: 'durable' })
      },
    },
  ]
}
