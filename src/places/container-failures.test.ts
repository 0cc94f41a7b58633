import { describe, expect, test } from 'vitest'
import { containerFailure } from './container-failures.ts'

const subject = { runtime: 'docker', container: 'db', user: 'postgres', program: 'pgbackrest' } as const

describe('what the clients of docker and podman say', () => {
  // Recorded from docker 20.10.24 and podman 4.3.1.
  test.each([
    ['container-missing', 1, 'Error: No such container: db'],
    ['container-missing', 1, 'Error response from daemon: No such container: db'],
    ['container-missing', 125, 'Error: no container with name or ID "db" found: no such container'],
    ['container-missing', 125, 'Error: inspecting object: no such container db'],
    ['container-down', 1, 'Error response from daemon: Container bc2220f20cd1 is not running'],
    ['container-down', 255, 'Error: can only create exec sessions on running containers: container state improper'],
    ['container-down', 1, 'Error response from daemon: Container db is paused, unpause the container before exec'],
    ['container-runtime', 1, 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?'],
    [
      'container-runtime',
      1,
      'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: connect: permission denied',
    ],
    ['no-access', 126, 'unable to find user postgres: no matching entries in passwd file'],
    ['no-access', 255, 'Error: unable to find user postgres: no matching entries in passwd file'],
    [
      'program-missing',
      126,
      'OCI runtime exec failed: exec failed: unable to start container process: exec: "sh": executable file not found in $PATH: unknown',
    ],
    ['program-missing', 127, 'holdfast: 4: pgbackrest: not found'],
    [
      'program-missing',
      127,
      'Error: runc: exec failed: exec: "sh": executable file not found in $PATH: OCI runtime attempted to invoke a command that was not found',
    ],
  ])('is %s for exit code %d and %s', (code, exitCode, said) => {
    const failure = containerFailure(exitCode, said, subject)
    expect(failure?.code).toBe(code)
    expect(failure?.hint).toMatch(/\w+ \w+/)
  })

  test('is told from what failed inside', () => {
    expect(containerFailure(1, 'ERROR:  relation "container" does not exist', subject)).toBeUndefined()
    expect(containerFailure(56, 'Container db is not running', subject)).toBeUndefined()
    expect(containerFailure(0, '', subject)).toBeUndefined()
    expect(containerFailure(undefined, '', subject)).toBeUndefined()
  })

  test('names the next step in the runtime’s own words', () => {
    const podman = { ...subject, runtime: 'podman' } as const
    const stopped = 'Error: can only create exec sessions on running containers: container state improper'
    expect(containerFailure(255, stopped, podman)?.hint).toContain('podman start db')
  })
})
