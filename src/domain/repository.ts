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

/** How people write it: a path, or `s3://bucket/prefix`. */
export function locationText(location: RepositoryLocation): string {
  return location.kind === 'directory' ? location.path : `s3://${location.bucket}/${location.prefix}`
}
