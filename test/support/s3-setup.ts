import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startRadosGateway } from '../../src/demo/rados-gateway.ts'
import type { S3Server } from './s3.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    s3: S3Server
  }
}

const sharedBucket = 'holdfast-tests'

/** One real S3 server for all tests. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-s3-'))
  chmodSync(root, 0o755)
  let server
  try {
    server = await startRadosGateway({ root: join(root, 's3') })
    await server.createBucket(sharedBucket)
  } catch (error) {
    await server?.stop()
    rmSync(root, { recursive: true, force: true })
    throw error
  }
  const { endpoint, region, caFile, accessKeyId, secretAccessKey } = server
  project.provide('s3', { endpoint, region, caFile, accessKeyId, secretAccessKey, bucket: sharedBucket })
  return async () => {
    await server.stop()
    rmSync(root, { recursive: true, force: true })
  }
}
