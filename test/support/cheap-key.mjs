import { createCipheriv, createDecipheriv, createHash, randomBytes, scryptSync } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Makes the passphrase of a restic repository in a folder cheap to try: `node cheap-key.mjs REPOSITORY`, with the passphrase in
 * RESTIC_PASSWORD. restic makes each of its calls pay half a second of CPU for deriving the key, which protects real
 * repositories, and would be most of what the tests do. The key itself stays the same.
 *
 * The format of a key file is described in restic's design document, "Keys, Encryption and MAC".
 */
const cheap = { N: 2, r: 1, p: 1 }

const folder = join(process.argv[2] ?? '', 'keys')
const passphrase = process.env['RESTIC_PASSWORD'] ?? ''
const [name = ''] = readdirSync(folder)
const file = JSON.parse(readFileSync(join(folder, name), 'utf8'))

const sealed = Buffer.from(file.data, 'base64')
const before = derive(file)
const nonce = sealed.subarray(0, 16)
const master = createDecipheriv('aes-256-ctr', before.encryption, nonce).update(sealed.subarray(16, -16))
if (!authenticator(before, nonce, sealed.subarray(16, -16)).equals(sealed.subarray(-16))) throw new Error('a wrong passphrase')

const after = derive({ ...file, ...cheap })
const fresh = randomBytes(16)
const secret = createCipheriv('aes-256-ctr', after.encryption, fresh).update(master)
const data = Buffer.concat([fresh, secret, authenticator(after, fresh, secret)]).toString('base64')
const text = JSON.stringify({ ...file, ...cheap, data })
// A file of a repository is named after its content.
writeFileSync(join(folder, createHash('sha256').update(text).digest('hex')), text, { mode: 0o400 })
rmSync(join(folder, name))

function derive({ N, r, p, salt }) {
  const key = scryptSync(passphrase, Buffer.from(salt, 'base64'), 64, { N, r, p, maxmem: 2 ** 30 })
  return { encryption: key.subarray(0, 32), mac: { k: key.subarray(32, 48), r: key.subarray(48, 64) } }
}

/** Poly1305-AES: node has Poly1305 only together with ChaCha20. */
function authenticator({ mac }, once, message) {
  const pad = number(createCipheriv('aes-128-ecb', mac.k, null).setAutoPadding(false).update(once))
  const factor = number(mac.r) & 0x0ffffffc0ffffffc0ffffffc0fffffffn
  const prime = 2n ** 130n - 5n
  let sum = 0n
  for (let start = 0; start < message.length; start += 16) {
    const block = message.subarray(start, start + 16)
    sum = ((sum + number(block) + (1n << BigInt(8 * block.length))) * factor) % prime
  }
  const tag = (sum + pad) % 2n ** 128n
  return Buffer.from(Buffer.from(tag.toString(16).padStart(32, '0'), 'hex').toReversed())
}

/** Bytes as a number, the least significant first. */
function number(bytes) {
  return BigInt(`0x${Buffer.from(Buffer.from(bytes).toReversed()).toString('hex')}`)
}
