/** The real S3 server that all tests share: each site has a prefix of its own in its one bucket. */
export interface S3Server {
  readonly endpoint: string
  readonly region: string
  readonly caFile: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly bucket: string
}
