import { dirname } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { duration } from '../../domain/duration.ts'
import { HoldfastError, isHoldfastError } from '../../domain/errors.ts'
import type { Change } from '../../domain/plan.ts'
import { shellWord } from '../../places/command-text.ts'
import { composeWords, keepsData } from '../../sources/postgres/container/compose.ts'
import { spoolCommand } from '../../sources/postgres/container/image.ts'
import { isNameless, mountOf, runClient, type ComposeService } from '../../sources/postgres/container/inspection.ts'
import type { ContainerChange } from './container-change.ts'
import type { WantedImage } from './container-image.ts'
import type { AppContext } from '../site/context.ts'
import { lookIntoContainer } from '../component/database-container.ts'
import type { ContainerComponent } from '../../domain/site.ts'

/** Who builds an image decides what is in it. */
export function addToOwnImage({ description, lacks, inside }: ContainerChange): Change {
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
export function planBuild({ context, component, description, owner, over }: ContainerChange, image: WantedImage): Change {
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

export function planRecreation(wanted: ContainerChange): Change {
  const { context, component, description, lacks, owner, over } = wanted
  const { compose } = description
  const change = { action: 'recreate', subject: `container ${description.name}`, reason: `it ${lacks.join(', ')}` }
  if (owner.compose === undefined || compose === undefined || !keepsItsData(wanted)) return recreationByHand(wanted, change)
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

function keepsItsData({ owner, description, inside }: ContainerChange): boolean {
  const mount = mountOf(description, inside.dataDirectory)
  return owner.service !== undefined && mount !== undefined && keepsData(owner.service, mount)
}

function recreationByHand(wanted: ContainerChange, change: Pick<Change, 'action' | 'subject' | 'reason'>): Change {
  const { description, owner, image, mounts, over, inside } = wanted
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
