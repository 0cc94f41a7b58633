import { parseDocument } from 'yaml'
import type { Storage } from '../domain/storage.ts'

/** The part of holdfast.yaml that says where the repositories lie. */
export interface StorageSettings {
  readonly directory?: string
  readonly s3?: {
    readonly bucket: string
    readonly region?: string
    readonly endpoint?: string
    readonly caFile?: string
    readonly prefix?: string
  }
}

/** A configuration whose repositories lie elsewhere now, such as a disk mounted in another place; the rest stays as written. */
export function withStorage(text: string, storage: StorageSettings): string {
  const document = parseDocument(text)
  document.set('storage', document.createNode(storage))
  return document.toString({ lineWidth: 0 })
}

/** Whether two descriptions mean the same place. How it is reached may differ: the certificate's authority, the path style. */
export function isSameStorage(one: Storage, other: Storage): boolean {
  if (one.kind === 'directory' || other.kind === 'directory')
    return one.kind === 'directory' && other.kind === 'directory' && one.path === other.path
  return (['host', 'port', 'bucket', 'region', 'prefix'] as const).every((key) => one[key] === other[key])
}
