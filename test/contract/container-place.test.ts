import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Command } from '../../src/domain/command.ts'
import { createContainerPlace } from '../../src/places/container.ts'
import { createLocalPlace } from '../../src/places/local.ts'
import type { Place } from '../../src/places/place.ts'
import { startDocker, startPodman, type ContainerEngine } from '../support/container-engine.ts'
import { processAppears, processesWith, until } from '../support/processes.ts'

/** What a place promises, kept by the real Docker and the real podman. Neither is named: whichever knows the container is used. */

describe.each([
  ['docker', startDocker],
  ['podman', startPodman],
] as const)('a container of %s', (runtime, start) => {
  let engine: ContainerEngine
  let place: Place
  const signal = new AbortController().signal
  const secret = 'a secret of the test'

  beforeAll(async () => {
    engine = await start()
    engine.startIdle('box')
    place = placeOf('box')
  })
  afterAll(() => engine?.stop())

  const placeOf = (name: string, user = 'postgres'): Place =>
    createContainerPlace({
      local: createLocalPlace({ environment: engine.environment, secretValue: () => secret, secrets: [secret] }),
      container: { name, runtime: undefined, user, findsData: true },
      mark: 'site/component',
      environment: engine.environment,
    })
  const command = (program: string, ...words: string[]): Command => ({
    ...{ program, arguments: words, environment: {}, secretEnvironment: [] },
  })
  const run = (where: Place, ...[program = '', ...words]: string[]) =>
    where.run(command(program, ...words), { signal, deadlineMs: 60_000, captureBytes: 65_536 })

  test('runs a command as its user, and gives exit code and both outputs', async () => {
    expect(await run(place, 'sh', '-c', 'id -un; echo words >&2; exit 7')).toMatchObject({
      ...{ exitCode: 7, stdout: 'postgres\n', stderr: 'words' },
    })
  })

  test('hands a secret over without it being an argument, and lets no output tell it', async () => {
    const asked: Command = {
      ...command('sh', '-c', 'sleep 0.3; echo "$RESTIC_PASSWORD" | wc -c; echo "$RESTIC_PASSWORD"'),
      secretEnvironment: ['RESTIC_PASSWORD'],
    }
    const running = place.run(asked, { signal, deadlineMs: 60_000, captureBytes: 65_536 })
    await processAppears('sleep 0.3')
    expect(processesWith(secret)).toEqual([])
    expect((await running).stdout).toBe(`${secret.length + 1}\n[redacted]\n`)
  })

  test.each(['its deadline', 'an abort'])('ends a command and its children at %s, and is not done before', async (how) => {
    const stop = new AbortController()
    const seconds = how === 'an abort' ? '7331' : '7332'
    const running = place.run(command('sh', '-c', `sleep ${seconds} & sleep ${seconds}`), {
      ...{ signal: stop.signal, deadlineMs: how === 'an abort' ? 60_000 : 1500, graceMs: 1000 },
    })
    running.catch(() => undefined)
    await processAppears(`sleep ${seconds}`)
    if (how === 'an abort') stop.abort()
    await expect(running).rejects.toMatchObject({ code: how === 'an abort' ? 'interrupted' : 'timeout' })
    expect(processesWith(`sleep ${seconds}`).filter(({ line }) => line.startsWith('sleep'))).toEqual([])
  })

  test('kills what doesn’t listen', async () => {
    const running = place.run(command('sh', '-c', 'trap "" TERM; while :; do sleep 0.2; done # 7333'), {
      ...{ signal, deadlineMs: 1000, graceMs: 1000 },
    })
    await expect(running).rejects.toMatchObject({ code: 'timeout' })
    expect(processesWith('# 7333')).toEqual([])
  })

  test('tells a missing program, user and container, a paused and a stopped one', async () => {
    await expect(run(place, 'no-such-program')).rejects.toMatchObject({
      ...{ code: 'program-missing', message: 'no-such-program is not installed in container box' },
    })
    await expect(run(placeOf('box', 'nobody-there'), 'true')).rejects.toMatchObject({ code: 'no-access' })
    await expect(run(placeOf('no-box'), 'true')).rejects.toMatchObject({
      ...{ code: runtime === 'docker' ? 'container-missing' : 'container-runtime' },
      message: expect.stringContaining(`${runtime} has no container named no-box`) as string,
    })
    engine.ask('pause', 'box')
    await expect(run(place, 'true')).rejects.toMatchObject({ code: 'container-down' })
    engine.ask('unpause', 'box')
    engine.ask('stop', '--time', '0', 'box')
    await expect(run(place, 'true')).rejects.toMatchObject({
      code: 'container-down',
      hint: expect.stringContaining(`${runtime} `),
    })
    engine.ask('start', 'box')
    expect((await run(place, 'true')).exitCode).toBe(0)
  })

  test('says that it was stopped in the middle, and doesn’t blame the memory', async () => {
    const running = run(place, 'sleep', '7334')
    running.catch(() => undefined)
    await until(() => processesWith('sleep 7334').some(({ line }) => line.startsWith('sleep')))
    engine.ask('kill', 'box')
    await expect(running).rejects.toMatchObject({ code: 'container-down' })
    engine.ask('start', 'box')
    await until(() => processesWith('sleep 7334').length === 0)
  })
})
