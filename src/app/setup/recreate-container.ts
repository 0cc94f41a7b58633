import { commandOf } from '../../domain/command.ts'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { asBefore, makeFolder, replaceFile } from '../../disk/replace-file.ts'
import { duration } from '../../domain/duration.ts'
import { HoldfastError, isHoldfastError } from '../../domain/errors.ts'
import type { Change } from '../../domain/plan.ts'
import { unifiedDiff } from '../../domain/unified-diff.ts'
import { shellWord } from '../../places/command-text.ts'
import {
  composeWords,
  findCompose,
  keepsData,
  markLabel,
  overrideText,
  readService,
  type DescribedService,
} from '../../sources/postgres/container/compose.ts'
import { programVersion, spoolCommand } from '../../sources/postgres/container/image.ts'
import {
  describeContainer,
  isNameless,
  mountOf,
  runClient,
  type ComposeService,
  type ContainerDescription,
} from '../../sources/postgres/container/inspection.ts'
import type { ContainerFacts } from '../../sources/postgres/port.ts'
import { planImage, type WantedImage } from './container-image.ts'
import type { AppContext } from '../site/context.ts'
import { crashDanger, lookIntoContainer, missingMounts, mountOptions, neededMounts } from '../component/database-container.ts'
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
  const { container } = component.source
  const description = await describeContainer(context.place, container, context.signal)
  const folder = join(dirname(context.site.file), 'container', component.name)
  const over = join(folder, 'compose.holdfast.yaml')
  const mounts = neededMounts(context, component)
  const missing = missingMounts(context, component, inside).filter((mount) => !willSee(description, mount))
  const version = await pgbackrestIn(context, component)
  const lacks = [
    ...(version === undefined ? ['has no pgBackRest'] : []),
    ...missing.map(({ what }) => `does not see ${what}`),
    ...(crashDanger(inside) === undefined
      ? []
      : [
          'has PostgreSQL as its first process and PGBACKREST_ARCHIVE_ASYNC set, so the database would crash when the storage fails',
        ]),
  ]
  const isOurs = markLabel in description.labels || existsSync(over)
  if (lacks.length === 0 && !isOurs) return { preparations: [], recreation: undefined, waits: false }

  const owner = await askOwner(context, description, over)
  const ours = `holdfast/${context.site.name}/${component.name}`
  const isFromOurs = description.image === ours || existsSync(join(folder, 'Dockerfile'))
  const needsImage = owner.service?.builds !== true && (version === undefined || isFromOurs)
  const image = !needsImage
    ? undefined
    : await planImage(context, {
        ...{ runtime: description.runtime, name: ours, folder, uid: inside.uid, gid: inside.gid },
        base: owner.service?.image ?? (description.image === ours ? undefined : description.image),
      })
  const override = (mark: string): string =>
    overrideText({
      service: description.compose?.service ?? '',
      build: image && { image: image.name, folder: image.folder },
      mounts,
      mark,
    })
  const mark = createHash('sha256')
    .update([image?.text, override('')].join('\0'))
    .digest('hex')
    .slice(0, 16)
  if (version !== undefined && image !== undefined && version !== programVersion(image.packageVersion))
    lacks.push(`has pgBackRest ${version}, and ${programVersion(image.packageVersion)} is pinned`)
  if (lacks.length === 0 && description.compose !== undefined && description.labels[markLabel] !== mark)
    lacks.push('was made from other files than these')

  const changes: Change[] = [
    ...(image === undefined
      ? []
      : planText(image.file, image.text, `its image, with pgBackRest ${programVersion(image.packageVersion)} added to it`)),
    ...(description.compose === undefined
      ? []
      : planText(over, override(mark), 'what compose has to know besides; your own files stay as they are')),
  ]
  if (lacks.length === 0) return { preparations: changes, recreation: undefined, waits: false }
  refuseLoss(description, inside)
  await refuseOutside(context, component, description, inside)
  if (owner.service?.builds !== true) await refuseOtherMajor(context, description, owner.service?.image)
  const wish: Wish = { context, component, description, inside, image, over, lacks, owner, mounts: mountOptions(mounts) }
  if (image === undefined && version === undefined) changes.push(addToOwnImage(wish))
  else if (image !== undefined) changes.push(planBuild(wish, image))
  const recreation = { ...planRecreation(wish), needs: changes.find(({ byHand }) => byHand) }
  return { preparations: changes, recreation, waits: version === undefined || missing.length > 0 }
}

interface Wish {
  readonly context: AppContext
  readonly component: ContainerComponent
  readonly description: ContainerDescription
  readonly inside: ContainerFacts
  readonly image: WantedImage | undefined
  readonly over: string
  readonly lacks: readonly string[]
  readonly owner: Owner
  /** As options of docker and podman. */
  readonly mounts: string
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

/** Who makes the container, and what keeps us from doing it. */
interface Owner {
  /** How compose is called; undefined where a person has to do it. */
  readonly compose: readonly string[] | undefined
  readonly service: DescribedService | undefined
  readonly obstacle: string | undefined
}

async function askOwner(context: AppContext, description: ContainerDescription, over: string): Promise<Owner> {
  const { runtime, compose } = description
  const byHand = (obstacle: string, service?: DescribedService): Owner => ({ compose: undefined, service, obstacle })
  if (compose === undefined) return byHand(`it was not made by compose, so only you know how ${runtime} made it`)
  if (runtime === 'podman') return byHand('podman made it')
  const program = await findCompose(context.place, context.signal)
  if (program === undefined) return byHand('compose, which made it, is not installed')
  const files = compose.files.filter((file) => file !== over)
  const gone = files.find((file) => !existsSync(file))
  if (gone !== undefined || files.length === 0) return byHand(`${gone ?? 'the file that it was made from'} is gone`)
  const [command = '', ...words] = composeWords(program, { ...compose, files }, undefined, 'config')
  const answer = await runClient(context.place, command, words, { signal: context.signal, deadlineMs: duration(1, 'm') })
  if (answer.exitCode !== 0) return byHand(`compose cannot read its files: ${lastLine(answer.stderr)}`)
  const service = readService(answer.stdout, compose)
  if (/variable is not set/.test(answer.stderr)) return byHand('its files use variables that only your shell knows', service)
  return { compose: program, service, obstacle: undefined }
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? ''

/** Throws when a new container would not have the data of this one. */
function refuseLoss({ name, ...description }: ContainerDescription, { dataDirectory }: ContainerFacts): void {
  const mount = mountOf({ name, ...description }, dataDirectory)
  if (mount !== undefined && mount.kind !== 'tmpfs') return
  throw new HoldfastError('container-data', `the data of container ${name} is in the container itself, in ${dataDirectory}`, {
    hint: `setting it up means to make it anew, which would delete the database: move its data to a volume first (pg_dumpall, a container with a volume at ${dataDirectory}, psql)`,
  })
}

/** The same for what lies outside of the data directory: tablespaces, and WAL that a link leads to. */
async function refuseOutside(
  context: AppContext,
  component: ContainerComponent,
  description: ContainerDescription,
  { dataDirectory }: ContainerFacts,
): Promise<void> {
  const script = 'for path in "$1/pg_wal" "$1"/pg_tblspc/*; do if [ -L "$path" ]; then readlink -f "$path"; fi; done'
  const command = commandOf('sh', ['-c', script, 'holdfast', dataDirectory])
  const options = { signal: context.signal, deadlineMs: duration(1, 'm'), captureBytes: 65_536 }
  const { stdout } = await context.placeOf(component).run(command, options)
  const lost = stdout.split('\n').find((path) => path !== '' && (mountOf(description, path)?.kind ?? 'tmpfs') === 'tmpfs')
  if (lost === undefined) return
  throw new HoldfastError(
    'container-data',
    `a part of the data of container ${description.name} is in the container itself, in ${lost}`,
    {
      hint: 'setting it up means to make it anew, which would delete that: move it to a volume first',
    },
  )
}

/** A tag may mean another image by now, which could not read the data, or would begin with none. */
async function refuseOtherMajor(
  { place, signal }: AppContext,
  { name, runtime, environment }: ContainerDescription,
  image: string | undefined,
): Promise<void> {
  const running = environment['PG_MAJOR']
  if (image === undefined || running === undefined) return
  const format = '{{range .Config.Env}}{{println .}}{{end}}'
  const words = ['image', 'inspect', '--format', format, image]
  const { stdout } = await runClient(place, runtime, words, { signal, deadlineMs: duration(1, 'm') })
  const major = /^PG_MAJOR=(.+)$/m.exec(stdout)?.[1]
  if (major === undefined || major === running) return
  throw new HoldfastError('container-setup', `${image} is PostgreSQL ${major} now, and container ${name} runs ${running}`, {
    hint: `name an image of PostgreSQL ${running} in its compose file; an upgrade is a step of its own, with a dump or pg_upgrade`,
  })
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

/** Who builds an image decides what is in it. */
function addToOwnImage({ description, lacks, inside }: Wish): Change {
  const service = description.compose?.service ?? description.name
  return {
    action: 'add',
    subject: `pgBackRest to the image of service ${service}`,
    reason: `container ${description.name} ${lacks[0]}, and its compose file builds that image itself`,
    detail: [
      'in its Dockerfile, as root; apk add --no-cache pgbackrest for Alpine:',
      'RUN apt-get update && apt-get install --yes --no-install-recommends pgbackrest && rm -rf /var/lib/apt/lists/*',
      `RUN ${spoolCommand(inside)}`,
    ].join('\n'),
    byHand: true,
    apply: async () => undefined,
  }
}

/** Takes minutes, and interrupts nothing. */
function planBuild({ context, component, description, owner, over }: Wish, image: WantedImage): Change {
  const { compose, runtime } = description
  const words =
    owner.compose !== undefined && compose !== undefined
      ? composeWords(owner.compose, compose, over, 'build', compose.service)
      : [runtime, 'build', '--tag', image.name, image.folder]
  return {
    action: 'build',
    subject: `image ${image.name}`,
    reason: `container ${component.source.container.name} is made from it next`,
    detail: commandLine(words),
    apply: () =>
      make(
        context,
        words,
        `the image ${image.name} could not be built; the database was not touched`,
        `if the pinned version is no longer served, delete ${image.file}, and holdfast setup plan finds another`,
      ),
  }
}

function planRecreation(wish: Wish): Change {
  const { context, component, description, lacks, owner, over } = wish
  const { compose } = description
  const change = { action: 'recreate', subject: `container ${description.name}`, reason: `it ${lacks.join(', ')}` }
  if (owner.compose === undefined || compose === undefined || !keepsItsData(wish)) return recreationByHand(wish, change)
  // The image was built before: nothing that may fail is left between the old container and the new one.
  const words = composeWords(owner.compose, compose, over, 'up', '--detach', '--no-deps', compose.service)
  return {
    ...change,
    detail: commandLine(words),
    interrupts: 'the database is stopped, and back in a new container a few seconds later; its data stays as it is',
    afterwards: rememberText(compose, over),
    apply: async () => {
      // Stopped in the middle, it would leave no container that runs.
      const { signal } = new AbortController()
      await make({ ...context, signal }, words, `container ${description.name} could not be made anew`)
      await untilItAnswers(context, component)
    },
  }
}

function keepsItsData({ owner, description, inside }: Wish): boolean {
  const mount = mountOf(description, inside.dataDirectory)
  return owner.service !== undefined && mount !== undefined && keepsData(owner.service, mount)
}

function recreationByHand(wish: Wish, change: Pick<Change, 'action' | 'subject' | 'reason'>): Change {
  const { description, owner, image, mounts, over, inside } = wish
  const { compose, runtime } = description
  const obstacle = owner.obstacle ?? 'its compose files, as they are read now, would give it other data'
  const data = mountOf(description, inside.dataDirectory)
  const keep = data !== undefined && isNameless(data) ? ` --volume ${data.volume}:${data.target}` : ''
  const options = [
    `${runtime} stop ${description.name}, ${runtime} rename it, and ${runtime} run it anew as before, with these options besides:`,
    `--init ${mounts}${keep}`,
    ...(image === undefined ? [] : [`and the image ${image.name}`]),
  ]
  const unit = description.labels['PODMAN_SYSTEMD_UNIT']
  const detail =
    compose === undefined
      ? [...options, ...(unit === undefined ? [] : [`or the same in the file that ${unit} is made from`])]
      : [
          commandLine(
            composeWords([runtime, 'compose'], compose, over, 'up', '--detach', '--build', '--no-deps', compose.service),
          ),
        ]
  return {
    ...change,
    reason: `${change.reason}. You have to do it: ${obstacle}`,
    detail: detail.join('\n'),
    byHand: true,
    ...(compose === undefined ? {} : { afterwards: rememberText(compose, over) }),
    apply: async () => undefined,
  }
}

/** Without it, the next plain `docker compose up` would make the container without pgBackRest. */
function rememberText({ files, folder }: ComposeService, over: string): string {
  const all = [...files.filter((file) => file !== over), over].map((file) =>
    dirname(file) === folder ? file.slice(folder.length + 1) : file,
  )
  return `so that docker compose up does the same from now on, in ${folder}/.env: COMPOSE_FILE=${all.join(':')}`
}

const commandLine = (words: readonly string[]): string => words.map(shellWord).join(' ')

async function make({ place, signal }: AppContext, words: readonly string[], failure: string, remedy?: string): Promise<void> {
  const [program = '', ...rest] = words
  const finished = await runClient(place, program, rest, { signal, deadlineMs: duration(30, 'm') })
  if (finished.exitCode === 0) return
  throw new HoldfastError('container-setup', failure, {
    hint: [remedy, `by hand: ${commandLine(words)}`, 'holdfast setup apply goes on from here'].filter(Boolean).join('; '),
    detail: stripVTControlCharacters([finished.stdout, finished.stderr].join('\n')).trim().slice(-4000),
  })
}

/** Throws what kept it from answering to the end. */
async function untilItAnswers(context: AppContext, component: ContainerComponent): Promise<void> {
  const tries = 120
  for (let left = tries; ; left--) {
    try {
      await lookIntoContainer(context, component)
      return
    } catch (error) {
      if (left === 0 || !isHoldfastError(error) || error.code === 'interrupted') throw error
    }
    await context.clock.sleep(500, context.signal)
  }
}
