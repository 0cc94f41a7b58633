import { HoldfastError, type ErrorCode } from '../domain/errors.ts'
import type { ContainerRuntime } from '../domain/site.ts'

/** What is said of a container that could not be entered. */
interface Subject {
  readonly runtime: ContainerRuntime
  readonly container: string
  readonly user: string
  readonly program: string
}

interface Rule {
  readonly code: ErrorCode
  /** What docker's client (20.10, 28) or podman (4.3) writes; `exitCodes` where only they tell. */
  readonly text?: RegExp
  readonly exitCodes?: readonly number[]
  readonly message: (subject: Subject) => string
  readonly hint: (subject: Subject) => string
}

/**
 * The clients end with 1, 125, 126, 127 or 255 for failures of their own, and each of them stands for several; so it is their
 * words that tell them apart, from each other and from what failed inside.
 */
const rules: readonly Rule[] = [
  {
    code: 'container-runtime',
    text: /permission denied while trying to connect|Got permission denied|dial unix \S+: connect: permission denied/,
    message: ({ runtime }) => `this user may not talk to ${runtime}`,
    hint: () => 'run holdfast as root; a member of the group docker could do as much as root anyway',
  },
  {
    code: 'container-runtime',
    text: /Cannot connect to the Docker daemon|[Cc]annot connect to Podman|unable to connect to Podman|error during connect|failed to connect to the docker API/,
    message: ({ runtime }) => `${runtime} does not answer`,
    hint: ({ runtime }) =>
      runtime === 'docker' ? 'systemctl status docker; DOCKER_HOST names another one' : 'podman info says why not',
  },
  {
    code: 'container-missing',
    text: /^(?:Error(?: response from daemon)?: )?(?:No such container|no container with name or ID)|: no such container/m,
    message: ({ container, runtime }) => `${runtime} has no container named ${container}`,
    hint: ({ runtime }) => `was it renamed or removed? ${runtime} ps --all shows all; correct container: in holdfast.yaml`,
  },
  {
    code: 'container-down',
    text: /Container \S+ is paused|cannot exec in a paused container/,
    message: ({ container }) => `container ${container} is paused`,
    hint: ({ container, runtime }) => `${runtime} unpause ${container}`,
  },
  {
    code: 'container-down',
    text: /Container \S+ is restarting/,
    message: ({ container }) => `container ${container} restarts again and again`,
    hint: ({ container, runtime }) => `its own words say why: ${runtime} logs --tail 50 ${container}`,
  },
  {
    code: 'container-down',
    text: /Container \S+ is not running|container state improper|cannot exec in a (?:stopped|deleted) (?:container|state)|procReady not received|container \S+ is not running/,
    message: ({ container }) => `container ${container} does not run`,
    hint: ({ container, runtime }) => `${runtime} start ${container}; ${runtime} logs --tail 50 ${container} says why it stopped`,
  },
  {
    code: 'no-access',
    text: /unable to find user|no matching entries in passwd file/,
    message: ({ container, user }) => `container ${container} has no user ${user}`,
    hint: ({ container, runtime }) =>
      `containerUser: in holdfast.yaml names the owner of the data directory: ${runtime} exec ${container} ls -ld /var/lib/postgresql/data`,
  },
  {
    code: 'program-missing',
    exitCodes: [127],
    text: /executable file not found in \$PATH|OCI runtime attempted to invoke a command that was not found|^\S+: \d+: \S+: Permission denied$/m,
    message: ({ container, program }) => `${program} is not installed in container ${container}`,
    hint: () => 'holdfast setup plan shows how it gets into the image: docs/containers.md',
  },
]

/** What kept a command from running in a container; undefined when it did run, and failed for reasons of its own. */
export function containerFailure(exitCode: number | undefined, said: string, subject: Subject): HoldfastError | undefined {
  if (exitCode === undefined || !clientExits.has(exitCode)) return undefined
  const rule = rules.find(({ text, exitCodes }) => text?.test(said) === true || exitCodes?.includes(exitCode) === true)
  return rule && new HoldfastError(rule.code, rule.message(subject), { hint: rule.hint(subject), detail: said })
}

const clientExits = new Set([1, 125, 126, 127, 255])
