import { defined } from './defined.ts'
import type { Storage } from './storage.ts'

/** Whose format a repository has. */
export type EngineName = 'restic' | 'pgbackrest'

/** Where one component's repository lies, free of any engine's spelling. Both engines get their options from this. */
export type RepositoryLocation = DirectoryLocation | S3Location

export interface DirectoryLocation {
  readonly kind: 'directory'
  /** Absolute path of the component's own folder: `<storage>/<site>/<component>`. */
  readonly path: string
}

export interface S3Location {
  readonly kind: 's3'
  /** Host name of the endpoint, without scheme or port. */
  readonly host: string
  readonly port: number
  readonly bucket: string
  readonly region: string
  /** `<site>/<component>`, without slashes at its ends. */
  readonly prefix: string
  /** True: the bucket is the first part of the path. False: it is part of the host name (AWS's own way). */
  readonly pathStyle: boolean
  /** PEM file of a private authority that signed the endpoint's certificate. */
  readonly caFile?: string
}

/** Folders of a site that are no component's: Holdfast's own objects, and the recovery kit. */
export const ownFolders = { objects: 'holdfast', kit: 'recovery-kit' } as const

/** How people write it: a path, or `s3://bucket/prefix`. */
export function locationText(location: RepositoryLocation): string {
  return location.kind === 'directory' ? location.path : `s3://${location.bucket}/${location.prefix}`
}

/** Where a repository of a site lies: `<storage>/<site>/<folder>`. */
export function locateRepository(storage: Storage, site: string, folder: string): RepositoryLocation {
  if (storage.kind === 'directory')
    return { kind: 'directory', path: `${storage.path === '/' ? '' : storage.path}/${site}/${folder}` }
  const { kind, host, port, bucket, region, pathStyle, caFile } = storage
  const prefix = [storage.prefix, site, folder].filter((part) => part !== undefined).join('/')
  return { kind, host, port, bucket, region, pathStyle, prefix, ...defined({ caFile }) }
}
