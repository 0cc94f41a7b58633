import type { DirectoryLocation, S3Location } from '../../src/domain/repository.ts'

/** Where a repository may lie: the three that command lines and configurations differ for. */

export const directory: DirectoryLocation = { kind: 'directory', path: '/mnt/backup disk/pi-hosting/foundry' }

export const amazon: S3Location = {
  kind: 's3',
  host: 's3.ap-southeast-2.amazonaws.com',
  port: 443,
  bucket: 'my-backups',
  region: 'ap-southeast-2',
  prefix: 'pi-hosting/foundry',
  pathStyle: false,
}

/** A service of one's own, with a port, and a certificate of an authority of one's own. */
export const ownService: S3Location = {
  kind: 's3',
  host: 'storage.example.org',
  port: 9000,
  bucket: 'my-backups',
  region: 'us-east-1',
  prefix: 'all/pi-hosting/foundry',
  pathStyle: true,
  caFile: '/etc/holdfast/storage-ca.pem',
}

export const locations = { 'a directory': directory, 'S3 at AWS': amazon, 'S3 of one’s own': ownService }
