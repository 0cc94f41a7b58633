import { chmodSync, mkdirSync, rmSync } from 'node:fs'
import { longestTimerMs } from '../../../domain/clock.ts'
import type { Command } from '../../../domain/command.ts'
import { duration } from '../../../domain/duration.ts'
import { HoldfastError, toHoldfastError } from '../../../domain/errors.ts'
import { shellWord } from '../../../places/command-text.ts'
import type { Place } from '../../../places/place.ts'
import type { ContainerComponent } from '../../../domain/site.ts'
import type { HelperContainer } from '../plan.ts'
import type { Workbench, WorkbenchContext } from './workbench.ts'

/**
 * A second container of the same image as a component's, which sees all that the first does, read-only, and the folder to
 * restore into. The live one isn't touched.
 */
export async function withHelperContainer<Result>(
  context: WorkbenchContext,
  component: ContainerComponent,
  helper: HelperContainer,
  work: (bench: Workbench) => Promise<Result>,
): Promise<Result> {
  // Never one that is there already: somebody else could have made it.
  mkdirSync(helper.scratch, { mode: 0o700 })
  try {
    // Another user makes his way through it.
    chmodSync(helper.scratch, 0o711)
    for (const folder of helper.folders) mkdirSync(folder, { recursive: true, mode: 0o755 })
    return await whileItRuns(context, component, helper, work)
  } finally {
    rmSync(helper.scratch, { recursive: true, force: true })
  }
}

async function whileItRuns<Result>(
  context: WorkbenchContext,
  component: ContainerComponent,
  { name, scratch, command, otherwise }: HelperContainer,
  work: (bench: Workbench) => Promise<Result>,
): Promise<Result> {
  const end = new AbortController()
  const signal = AbortSignal.any([context.signal, end.signal])
  let ready: () => void = () => undefined
  const started = new Promise<void>((resolve) => (ready = resolve))
  // It lives as long as its input, which ends with us, whatever ends us.
  const running = context.place.run(command, {
    ...{ signal, deadlineMs: longestTimerMs, stopsAtInputEnd: true },
    onStdoutLine: () => ready(),
  })
  const ended = running.then(
    ({ stderr }) => stderr,
    (error: unknown) => toHoldfastError(error).message,
  )
  try {
    const words = await Promise.race([started, ended])
    if (words !== undefined) {
      throw new HoldfastError('container-runtime', 'a second container to restore in could not be started', {
        hint: ['its own words stand below', otherwise].filter((part) => part !== undefined).join('; '),
        detail: words,
      })
    }
    const [uidText, gidText, ...programs] = await listPrograms(context.placeIn(component, name), context.signal)
    const place = context.placeIn(component, name, programs)
    const [uid, gid] = [Number(uidText), Number(gidText)]
    return await work({
      place,
      engine: await context.engineAt(component, { place, user: undefined, isContainer: true }),
      owner: { uid, gid, user: String(uid) },
      scratchDirectory: scratch,
      lookInside: (folder) => lookByContainer(command.program, component, folder),
    })
  } finally {
    end.abort()
    await ended
  }
}

/** A psql that the copy's server ends with. */
function lookByContainer(runtime: string, { source }: ContainerComponent, folder: string): string {
  const { name, user } = source.container
  const copy = shellWord(folder)
  const script = `pg_ctl -D ${copy} -l /dev/null -o '-c listen_addresses=' -w start && psql -U ${source.user} -d ${source.database}; pg_ctl -D ${copy} -w stop`
  return `${runtime} run --rm -it --network none --user ${user} --volume ${shellWord(`${folder}:${folder}`)} --entrypoint sh $(${runtime} inspect --format '{{.Image}}' ${name}) -c ${shellWord(script)}`
}

/** The number of the user and of his group, then programs by their paths. */
async function listPrograms(place: Place, signal: AbortSignal): Promise<string[]> {
  const list = `id -u; id -g; for found in /usr/lib/postgresql/*/bin/postgres /usr/lib/postgresql/*/bin/pg_amcheck "$(command -v postgres)" "$(command -v pg_amcheck)" "$(command -v pgbackrest)"; do
  [ ! -x "$found" ] || readlink -f "$found"
done`
  const question: Command = { program: 'sh', arguments: ['-c', list], environment: {}, secretEnvironment: [] }
  const { stdout } = await place.run(question, { signal, deadlineMs: duration(1, 'm'), captureBytes: 65_536 })
  return stdout.trim().split('\n')
}
