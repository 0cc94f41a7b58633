import { readdirSync, readFileSync } from 'node:fs'
import { stringify } from 'yaml'
import { expect, inject, onTestFinished, test } from 'vitest'
import { bootMachine } from '../support/booted-machine.ts'
import { passphrase } from '../support/test-site.ts'

const s3 = inject('s3')

test('behind its walls the run of a timer backs up into a bucket, over TLS by an authority of one’s own', async () => {
  const machine = await bootMachine()
  onTestFinished(() => machine.remove())
  const expectDone = ({ exitCode, text }: { exitCode: number | undefined; text: string }): void => {
    if (exitCode !== 0) throw new Error(text)
  }
  const { port } = new URL(s3.endpoint)
  await machine.reach(Number(port), Number(port))
  const version = String(Math.max(...readdirSync('/usr/lib/postgresql').map(Number)))
  expectDone(machine.run(['pg_createcluster', version, 'main']))
  expectDone(machine.systemctl('start', `postgresql@${version}-main`))
  machine.write('/home/alex/documents/letter.txt', 'dear all\n', 0o600)
  const folder = '/etc/holdfast'
  machine.write(`${folder}/s3-ca.pem`, readFileSync(s3.caFile, 'utf8'))
  machine.write(`${folder}/secrets/restic.key`, passphrase, 0o600)
  const keys = `AWS_ACCESS_KEY_ID=${s3.accessKeyId}\nAWS_SECRET_ACCESS_KEY=${s3.secretAccessKey}\n`
  machine.write(`${folder}/secrets/aws.env`, keys, 0o600)
  const { bucket, region, endpoint } = s3
  const configuration = {
    site: 'in-a-bucket',
    timezone: 'Australia/Perth',
    storage: { s3: { bucket, region, endpoint, caFile: `${folder}/s3-ca.pem` } },
    components: {
      database: { postgres: { dataDirectory: `/var/lib/postgresql/${version}/main` } },
      documents: { files: { paths: ['/home/alex/documents'] } },
    },
  }
  machine.write(`${folder}/holdfast.yaml`, stringify(configuration, { lineWidth: 0 }))
  expectDone(machine.holdfast('setup', 'apply', '--yes'))
  expectDone(machine.holdfast('schedule', 'apply'))

  for (const job of ['backup', 'watch']) {
    machine.runUnit(`holdfast-in-a-bucket-${job}.service`)
  }
  const { components } = machine.holdfast('points', '--json').json
  expect(
    components.map(({ component, points }: { component: string; points: { kind: string }[] }) => [
      component,
      points.map(({ kind }) => kind),
    ]),
  ).toEqual([
    ['database', ['full']],
    ['documents', ['snapshot']],
  ])
}, 600_000)
