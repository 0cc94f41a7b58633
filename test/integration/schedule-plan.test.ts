import { expect, inject, onTestFinished, test } from 'vitest'
import { createTestSite, type TestSiteOptions } from '../support/test-site.ts'

const [pair] = inject('pairs') as [TestSiteOptions['pair']]

test('units ask the very server of containers that was asked when they were planned, and only where there is a container', async () => {
  const site = await createTestSite({ pair, environment: { DOCKER_HOST: 'unix:///run/other docker.sock' } })
  onTestFinished(() => site.remove())
  const unitOfBackup = async (): Promise<string> => {
    const { items } = (await site.holdfast('schedule', 'plan', '--json')).json as {
      items: { subject: string; detail?: string }[]
    }
    return items.find(({ subject }) => subject.endsWith('-backup.service'))?.detail ?? ''
  }
  expect(await unitOfBackup()).not.toContain('DOCKER_HOST')
  site.configure({ components: { database: { postgres: { container: 'db' } } } })
  expect(await unitOfBackup()).toContain('Environment="DOCKER_HOST=unix:///run/other docker.sock"')
})
