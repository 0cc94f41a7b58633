import { createCipheriv, createDecipheriv, createHash, randomBytes, scryptSync } from 'node:crypto'
import { chmodSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What restic's design document tells of keys and encryption: enough to give a repository what no restic gives it. */

interface Keys {
  readonly encryption: Buffer
  /** The two halves of the key of Poly1305-AES. */
  readonly mac: { readonly k: Buffer; readonly r: Buffer }
}

/** Of scrypt. */
interface Cost {
  readonly N: number
  readonly r: number
  readonly p: number
}

interface KeyFile extends Cost {
  readonly salt: string
  readonly data: string
}

/** Makes a repository in a folder say that it is of another version. */
export function setRepositoryVersion(repository: string, passphrase: string, version: number): void {
  const { file } = keyFileOf(repository)
  const master = JSON.parse(opened(Buffer.from(file.data, 'base64'), derived(file, passphrase)).toString()) as {
    mac: { k: string; r: string }
    encrypt: string
  }
  const keys: Keys = {
    encryption: Buffer.from(master.encrypt, 'base64'),
    mac: { k: Buffer.from(master.mac.k, 'base64'), r: Buffer.from(master.mac.r, 'base64') },
  }
  const path = join(repository, 'config')
  const config = JSON.parse(opened(readFileSync(path), keys).toString()) as { version: number }
  chmodSync(path, 0o600)
  writeFileSync(path, sealed(Buffer.from(JSON.stringify({ ...config, version })), keys))
}

/**
 * Makes the passphrase of a repository in a folder cheap to try. restic makes each of its calls pay half a second of CPU for
 * deriving the key, which protects real repositories, and would be most of what the tests do. The key itself stays the same.
 */
export function cheapenKey(repository: string, passphrase: string): void {
  const { path, file } = keyFileOf(repository)
  const cheaper: KeyFile = { ...file, N: 2, r: 1, p: 1 }
  const master = opened(Buffer.from(file.data, 'base64'), derived(file, passphrase))
  const text = JSON.stringify({ ...cheaper, data: sealed(master, derived(cheaper, passphrase)).toString('base64') })
  // A file of a repository is named after its content.
  writeFileSync(join(repository, 'keys', createHash('sha256').update(text).digest('hex')), text, { mode: 0o400 })
  rmSync(path)
}

function keyFileOf(repository: string): { path: string; file: KeyFile } {
  const [name = ''] = readdirSync(join(repository, 'keys'))
  const path = join(repository, 'keys', name)
  return { path, file: JSON.parse(readFileSync(path, 'utf8')) as KeyFile }
}

function derived({ salt, N, r, p }: KeyFile, passphrase: string): Keys {
  const key = scryptSync(passphrase, Buffer.from(salt, 'base64'), 64, { N, r, p, maxmem: 2 ** 30 })
  return { encryption: key.subarray(0, 32), mac: { k: key.subarray(32, 48), r: key.subarray(48, 64) } }
}

function opened(content: Buffer, { encryption, mac }: Keys): Buffer {
  const [nonce, secret, tag] = [content.subarray(0, 16), content.subarray(16, -16), content.subarray(-16)]
  if (!authenticator(mac, nonce, secret).equals(tag)) throw new Error('a wrong passphrase')
  return createDecipheriv('aes-256-ctr', encryption, nonce).update(secret)
}

function sealed(content: Buffer, { encryption, mac }: Keys): Buffer {
  const nonce = randomBytes(16)
  const secret = createCipheriv('aes-256-ctr', encryption, nonce).update(content)
  return Buffer.concat([nonce, secret, authenticator(mac, nonce, secret)])
}

/** Poly1305-AES: node has Poly1305 only together with ChaCha20. */
function authenticator({ k, r }: Keys['mac'], nonce: Buffer, message: Buffer): Buffer {
  const prime = 2n ** 130n - 5n
  const factor = littleEndian(r) & 0x0ffffffc0ffffffc0ffffffc0fffffffn
  let sum = 0n
  for (let begin = 0; begin < message.length; begin += 16) {
    const block = message.subarray(begin, begin + 16)
    sum = ((sum + littleEndian(block) + 2n ** BigInt(8 * block.length)) * factor) % prime
  }
  const tag = (sum + littleEndian(createCipheriv('aes-128-ecb', k, null).update(nonce))) % 2n ** 128n
  return Buffer.from(Buffer.from(tag.toString(16).padStart(32, '0'), 'hex').toReversed())
}

const littleEndian = (content: Buffer): bigint => BigInt(`0x${Buffer.from(content.toReversed()).toString('hex')}`)
