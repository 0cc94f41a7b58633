import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

/** A certificate and its private key, both PEM. */
export interface CertificateFiles {
  readonly certificateFile: string
  readonly keyFile: string
}

/** Makes a private certificate authority in a folder: `authority.pem` and `authority.key`. */
export async function makeAuthority(options: { directory: string }): Promise<CertificateFiles> {
  await mkdir(options.directory, { recursive: true })
  const files = certificateFiles(options.directory, 'authority')
  const subject = ['-subj', '/CN=Holdfast demonstration authority', '-days', '365']
  await openssl(options.directory, 'req', '-x509', ...newKey(files.keyFile), '-out', files.certificateFile, ...subject)
  return files
}

/**
 * Makes a certificate for the DNS name `localhost`, signed by the authority: `NAME.pem` and `NAME.key`. It has to be a
 * DNS name: pgBackRest 2.45 rejects a certificate that names an IP address. An expired one was good for 2020 only, so
 * that a test can serve it and see a client refuse it for that reason alone.
 */
export async function makeCertificate(options: {
  directory: string
  authority: CertificateFiles
  name?: string
  expired?: boolean
}): Promise<CertificateFiles> {
  const { directory, authority, name = 'server', expired = false } = options
  await mkdir(directory, { recursive: true })
  const files = certificateFiles(directory, name)
  const desk = await mkdtemp(join(directory, 'signing-'))
  try {
    await writeFile(join(desk, 'issued'), '')
    await writeFile(join(desk, 'signing.cnf'), signingConfiguration)
    const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
    await openssl(desk, 'req', '-new', ...newKey(files.keyFile), '-out', 'request', ...names)
    // `openssl x509 -days -1` would be shorter, but OpenSSL 3.5 refuses an end before the beginning.
    const validity = expired ? ['-startdate', '20200101000000Z', '-enddate', '20210101000000Z'] : ['-days', '365']
    const signer = ['-cert', resolve(authority.certificateFile), '-keyfile', resolve(authority.keyFile)]
    const signing = ['-config', 'signing.cnf', '-batch', '-notext', '-in', 'request', ...signer, ...validity]
    await openssl(desk, 'ca', ...signing, '-out', files.certificateFile)
  } finally {
    await rm(desk, { recursive: true })
  }
  return files
}

const signingConfiguration = `[ca]
default_ca = signing
[signing]
database = issued
new_certs_dir = .
rand_serial = yes
default_md = sha256
copy_extensions = copy
policy = names
[names]
commonName = supplied
`

const certificateFiles = (directory: string, name: string): CertificateFiles => ({
  certificateFile: resolve(directory, `${name}.pem`),
  keyFile: resolve(directory, `${name}.key`),
})

/** The options of `openssl req` for a new key without a passphrase, in a file that openssl makes with mode 0600. */
const newKey = (keyFile: string): string[] => {
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
  return [...kind, '-nodes', '-keyout', keyFile]
}

const openssl = (cwd: string, ...parameters: string[]): Promise<unknown> => promisify(execFile)('openssl', parameters, { cwd })
