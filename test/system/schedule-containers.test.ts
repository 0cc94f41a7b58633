import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { expect, onTestFinished, test } from 'vitest'
import { bootMachine } from '../support/booted-machine.ts'
import { startDocker } from '../support/container-engine.ts'
import { passphrase } from '../support/test-site.ts'

test('behind its walls the run of a timer backs up a database in a container, and the watch asks it', async () => {
  const docker = await startDocker()
  onTestFinished(() => docker.stop())
  const root = mkdtempSync(join(tmpdir(), 'holdfast-shared-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  const [etc, storage] = [join(root, 'etc'), join(root, 'storage')]
  for (const folder of [join(etc, 'pgbackrest/database'), storage]) mkdirSync(folder, { recursive: true })
  const socket = docker.environment['DOCKER_HOST']?.replace('unix://', '') ?? ''
  const machine = await bootMachine({ [etc]: '/etc/holdfast', [storage]: '/srv/backups', [socket]: '/run/docker.sock' })
  onTestFinished(() => machine.remove())
  const configuration = {
    site: 'in-a-box',
    timezone: 'Australia/Perth',
    storage: { directory: '/srv/backups' },
    components: { database: { postgres: { container: 'db', runtime: 'docker' } } },
  }
  machine.write('/etc/holdfast/holdfast.yaml', stringify(configuration))
  machine.write('/etc/holdfast/secrets/restic.key', passphrase, 0o600)
  await docker.startDatabase({
    name: 'db',
    data: join(root, 'data'),
    mounts: [`${etc}/pgbackrest/database:/etc/pgbackrest:ro`, `${storage}:/srv/backups`],
  })
  for (const words of [
    ['setup', 'apply', '--yes'],
    ['schedule', 'apply'],
  ]) {
    const { exitCode, text } = machine.holdfast(...words)
    expect({ exitCode, text }).toEqual({ exitCode: 0, text })
  }

  for (const job of ['backup', 'watch']) {
    const unit = `holdfast-in-a-box-${job}.service`
    machine.runUnit(unit)
    expect(machine.show(unit, 'ProtectSystem')).toEqual({ ProtectSystem: 'strict' })
  }
  const [{ points }] = machine.holdfast('points', '--json').json.components
  expect(points).toMatchObject([{ kind: 'full' }])
  const { checks } = machine.holdfast('watch', '--json').json.watch
  expect(checks.filter(({ error }: { error?: object }) => error !== undefined)).toEqual([])
}, 600_000)
