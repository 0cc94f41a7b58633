import { commandOf, type Command } from '../domain/command.ts'
import { duration } from '../domain/duration.ts'
import { HoldfastError } from '../domain/errors.ts'
import type { DatabaseContainer } from '../domain/site.ts'
import { ContainerClient } from './container-client.ts'
import { containerFailure } from './container-failures.ts'
import type { ContainerPlace, Finished, Place, RunOptions } from './place.ts'
import { signalNumber } from '../machine/signals.ts'
import { defaultGraceMs } from './process.ts'

/**
 * The first process of every command inside. To kill the client of docker or podman leaves what it started running (seen with
 * docker 20.10 and podman 4.3), and a pgBackRest that nobody waits for holds its lock. So the command hangs on its standard
 * input: when that ends, because we closed it or are dead ourselves, the command gets TERM, or what else stops it, and after a grace KILL.
 * A shell gives background commands /dev/null for an input, hence the copy.
 *
 * pgBackRest ends without its workers, which go on for a while, with its lock. They get TERM too, and are waited for.
 */
const hangsOnInput = `exec 3<&0 </dev/null
stop=$1 grace=$2
shift 2
"$@" 3<&- &
child=$!
{ while read -r _; do :; done; kill -$stop $child; kill -CONT $child; sleep "$grace"; kill -KILL $child; } <&3 >/dev/null 2>&1 &
watch=$!
exec 3<&- 2>&-
wait $child
code=$?
kill $watch
wait $watch
while read -r left </proc/$$/task/$$/children; [ -n "$left" ]; do
  kill -TERM $left
  sleep 0.1
done
exit $code`

/**
 * Where PostgreSQL is the first process of the container, it inherits every orphan, and one that didn't end with 0 or 1 is a
 * crashed server process to it: the database restarts. So orphans are made ours: prctl(PR_SET_CHILD_SUBREAPER), which outlives
 * exec, by the Perl that is in every image made from Debian. Its number is 157 on x86-64, 172 where pointers have four bytes,
 * and 167 on the rest.
 */
const keepsOrphans = `script=$1
shift
if command -v perl >/dev/null; then
  exec perl -e 'use POSIX; syscall(length(pack("P", "")) == 4 ? 172 : (uname)[4] eq "x86_64" ? 157 : 167, 36, 1, 0, 0, 0); exec @ARGV' sh -c "$script" holdfast "$@"
fi
exec sh -c "$script" holdfast "$@"`

/**
 * Finds processes by a variable of their environment, which whoever else began such a process didn't give it; tells those to
 * end that neither wait for another nor are a helper of one, and waits until all are gone.
 */
const stopsMarked = `marked() { grep -lsxzF -e "$1" /proc/[0-9]*/environ | cut -d / -f 3; }
name() { cat "/proc/$1/comm" 2>/dev/null; }
isMarked() { grep -qsxzF -e "$2" "/proc/$1/environ"; }
for pid in $(marked "$1"); do
  parent=$(sed -n 's/^PPid:[^0-9]*//p' /proc/$pid/status 2>/dev/null)
  if [ "$(name $pid)" = sh ] || { [ "$(name $parent)" != sh ] && isMarked "$parent" "$1"; }; then continue; fi
  name $pid
  kill -TERM $pid
  # One that is stopped would take it only then.
  kill -CONT $pid
done
tries=0
while [ -n "$(marked "$1")" ]; do
  tries=$((tries + 1))
  [ $tries -lt 300 ] || exit 1
  sleep 0.1
done
exit 0`

export interface ContainerPlaceOptions {
  readonly local: Place
  readonly container: DatabaseContainer
  /** What processes inside are marked with, so that those that outlived us can be found: site and component. */
  readonly mark: string
  /** Absolute paths of the programs inside, where they have been asked for; else each is tried by its name. */
  readonly programs?: readonly string[]
  readonly environment?: NodeJS.ProcessEnv
}

/** The variable that carries the mark. */
export const markVariable = 'HOLDFAST_COMPONENT'

/** Inside a container that runs, through the client of docker or podman. Every command runs as its user: others have other names there. */
export function createContainerPlace(setting: ContainerPlaceOptions): ContainerPlace {
  const { local, container, mark, programs: known, environment = process.env } = setting
  const { name } = container
  const client = new ContainerClient({ local, container, environment })
  return {
    kind: 'container',
    name: `container ${name}`,
    stopLeftOver: (signal) => stopLeftOver(client, mark, signal),
    clientCommand: (words, signal) => client.command(words, signal),
    find: (program) => (known === undefined ? program : known.find((path) => path === program || path.endsWith(`/${program}`))),
    // The container may be another one with the next run, so nothing is remembered beyond this process.
    stampOf: () => name,
    displayCommand(command) {
      const words = [...execWords(command, container, []), command.program, ...command.arguments]
      return { ...commandOf(client.likelyRuntime(), words), secretEnvironment: command.secretEnvironment }
    },
    async run(command, options) {
      const { stopSignal = 'SIGTERM', graceMs = defaultGraceMs, ...rest } = options
      const stopping = [stopSignal.slice('SIG'.length), String(Math.ceil(graceMs / 1000))]
      const exec = await client.command(
        [
          ...execWords(command, container, ['--interactive', '--workdir', '/', '--env', `${markVariable}=${mark}`]),
          ...['sh', '-c', keepsOrphans, 'holdfast', hangsOnInput, ...stopping, command.program, ...command.arguments],
        ],
        options.signal,
      )
      // The client takes their values from its own environment: as arguments, everybody on this machine could read them.
      const { secretEnvironment } = command
      const finished = await local.run({ ...exec, secretEnvironment }, { ...rest, graceMs, stopsAtInputEnd: true })
      const failure = containerFailure(finished.exitCode, said(finished, options), {
        ...{ runtime: await client.runtime(options.signal), container: name, user: container.user, program: command.program },
      })
      if (failure !== undefined) throw failure
      const ended = withSignal(finished)
      // 126: it could not be begun, for a reason that no table knows, as when the container stops at that moment.
      if (ended.signal === 'SIGKILL' || ended.exitCode === 126) await refuseStopped(client, ended)
      return ended
    },
  }
}

/** Whoever killed the client and us may have been too quick for the end of the input to get through. */
async function stopLeftOver(client: ContainerClient, mark: string, signal: AbortSignal): Promise<string[]> {
  const { container } = client
  const question = commandOf('sh', ['-c', stopsMarked, 'holdfast', `${markVariable}=${mark}`])
  // Without our mark: it must not find itself.
  const words = [...execWords(question, container, []), question.program, ...question.arguments]
  const { stdout } = await client.ask(words, signal, duration(2, 'm'))
  const left = new Set(stdout.split('\n').filter((line) => line !== '' && line !== 'sh'))
  return [...left].map((program) => `stopped ${program}, which a killed run had left running in container ${container.name}`)
}

/** A container that stops kills what runs in it, and then it isn't the memory that was short. */
async function refuseStopped(client: ContainerClient, { stderr }: Finished): Promise<void> {
  const { signal } = new AbortController()
  const { name } = client.container
  const state = await client.ask(['inspect', '--type', 'container', '--format', '{{.State.Status}}', name], signal)
  if (state.exitCode === 0 && state.stdout.trim() === 'running') return
  throw new HoldfastError('container-down', `container ${name} was stopped in the middle of it`, {
    hint: `${await client.runtime(signal)} start ${name}; then run the command again`,
    detail: stderr,
  })
}

function execWords(command: Command, container: DatabaseContainer, extra: readonly string[]): string[] {
  const variables = Object.entries(command.environment).map(([variable, value]) => `${variable}=${value}`)
  return [
    'exec',
    ...extra,
    ...['--user', container.user],
    ...[...variables, ...command.secretEnvironment].flatMap((variable) => ['--env', variable]),
    container.name,
  ]
}

/** The client's own words: where standard output isn't kept, its failures still stand on standard error. */
const said = (finished: Finished, { captureBytes }: RunOptions): string =>
  captureBytes === undefined || finished.stdout.length > 4096 ? finished.stderr : `${finished.stderr}\n${finished.stdout}`

/** A shell, and the clients with it, tell a signal as 128 and its number. */
function withSignal(finished: Finished): Finished {
  const { exitCode } = finished
  const killed = 128 + signalNumber('SIGKILL')
  if (exitCode !== killed && exitCode !== 128 + signalNumber('SIGTERM')) return finished
  return { ...finished, exitCode: undefined, signal: exitCode === killed ? 'SIGKILL' : 'SIGTERM' }
}
