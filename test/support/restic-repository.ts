import { createCipheriv, createDecipheriv, scryptSync } from 'node:crypto'
import { readFileSync, readdirSync, writeFileSync, chmodSync } from 'node:fs'
import { join } from 'node:path'

/** The format of restic's repositories, as its design document tells it: enough to write a `config` that no restic writes yet. */

interface Keys {
  readonly encrypt: Buffer
  readonly k: Buffer
  readonly r: Buffer
}

/** Makes a repository in a folder say that it is of another version. */
export function setRepositoryVersion(repository: string, passphrase: string, version: number): void {
  const [name = ''] = readdirSync(join(repository, 'keys'))
  const stored = JSON.parse(readFileSync(join(repository, 'keys', name), 'utf8')) as Record<'N' | 'r' | 'p', number> &
    Record<'salt' | 'data', string>
  const cost = { N: stored.N, r: stored.r, p: stored.p, maxmem: 2 ** 30 }
  const derived = scryptSync(passphrase, Buffer.from(stored.salt, 'base64'), 64, cost)
  const user: Keys = { encrypt: derived.subarray(0, 32), k: derived.subarray(32, 48), r: derived.subarray(48) }
  const master = JSON.parse(decrypted(Buffer.from(stored.data, 'base64'), user)) as {
    mac: { k: string; r: string }
    encrypt: string
  }
  const keys: Keys = {
    encrypt: Buffer.from(master.encrypt, 'base64'),
    k: Buffer.from(master.mac.k, 'base64'),
    r: Buffer.from(master.mac.r, 'base64'),
  }
  const file = join(repository, 'config')
  const config = JSON.parse(decrypted(readFileSync(file), keys)) as { version: number }
  chmodSync(file, 0o600)
  writeFileSync(file, encrypted(JSON.stringify({ ...config, version }), keys))
}

function decrypted(content: Buffer, { encrypt }: Keys): string {
  const decipher = createDecipheriv('aes-256-ctr', encrypt, content.subarray(0, 16))
  return decipher.update(content.subarray(16, -16)).toString('utf8')
}

function encrypted(text: string, { encrypt, k, r }: Keys): Buffer {
  const nonce = Buffer.alloc(16, 7)
  const content = createCipheriv('aes-256-ctr', encrypt, nonce).update(text)
  return Buffer.concat([nonce, content, poly1305(content, r, createCipheriv('aes-128-ecb', k, null).update(nonce))])
}

const littleEndian = (content: Buffer): bigint => BigInt(`0x${Buffer.from(content.toReversed()).toString('hex')}`)

/** Poly1305 with a key whose second half is an encrypted nonce. */
function poly1305(message: Buffer, r: Buffer, s: Buffer): Buffer {
  const prime = 2n ** 130n - 5n
  const factor = littleEndian(r) & 0x0ffffffc0ffffffc0ffffffc0fffffffn
  let sum = 0n
  for (let begin = 0; begin < message.length; begin += 16) {
    const block = message.subarray(begin, begin + 16)
    sum = ((sum + littleEndian(block) + 2n ** BigInt(8 * block.length)) * factor) % prime
  }
  const tag = (sum + littleEndian(s)) % 2n ** 128n
  return Buffer.from(Buffer.from(tag.toString(16).padStart(32, '0'), 'hex').toReversed())
}
