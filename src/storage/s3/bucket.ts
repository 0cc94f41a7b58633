import { defined } from '../../domain/defined.ts'
import { readFileSync } from 'node:fs'
import { request, type RequestOptions } from 'node:https'
import { sign } from 'aws4'
import { HoldfastError, isSystemError } from '../../domain/errors.ts'
import { systemErrorText } from '../../domain/system-error-text.ts'
import { ownFolders, type S3Location } from '../../domain/repository.ts'
import { refusalError } from './refusal.ts'
import type { SiteStorage } from '../port.ts'

export interface S3Keys {
  readonly id: string
  readonly secret: string
  readonly token: string | undefined
}

/** A bucket, or the folder in it, that holds sites. */
type Bucket = Pick<S3Location, 'host' | 'port' | 'bucket' | 'region' | 'pathStyle'> & {
  /** Folder of all sites; undefined for the top of the bucket. */
  readonly prefix: string | undefined
  readonly caFile?: string | undefined
}

const answerTimeoutMs = 15_000

/** Objects of our own are small, and so are error pages. */
const longestAnswer = 2 ** 20

/** Folders that one question tells of; S3 tells no more at once. */
const mostFolders = 1000

/**
 * A bucket, asked with signed requests of our own. The first of them tells network, certificate, keys, region and bucket
 * apart, which the engines can't: they repeat for minutes, and then say it in words of their own.
 */
export function createS3Storage(bucket: Bucket, site: string, keys: S3Keys): SiteStorage {
  const folder = (...names: string[]) => [...(bucket.prefix === undefined ? [] : [bucket.prefix]), ...names].join('/')
  const keyOf = (name: string) => folder(site, ownFolders.objects, name)
  const send = (wish: Wish, signal: AbortSignal) => ask(bucket, keys, wish, signal)
  return {
    async check(signal) {
      const query = `list-type=2&max-keys=1&prefix=${encodeURIComponent(`${folder(site)}/`)}`
      const answer = await send({ method: 'GET', query }, signal)
      if (answer.status !== 200) throw explain(bucket, answer)
    },
    async readObject(name, signal) {
      const answer = await send({ method: 'GET', key: keyOf(name) }, signal)
      if (answer.status === 200) return answer.body
      if (answer.status === 404 && codeOf(answer) === 'NoSuchKey') return undefined
      throw explain(bucket, answer)
    },
    async writeObject(name, content, signal) {
      const answer = await send({ method: 'PUT', key: keyOf(name), content }, signal)
      if (answer.status !== 200) throw explain(bucket, answer)
    },
    async createObject(name, content, signal) {
      const wish = { method: 'PUT', key: keyOf(name), content } as const
      const answer = await send({ ...wish, headers: { 'If-None-Match': '*' } }, signal)
      // A service that knows no conditions says so. Then the last one to write wins, and the other finds out next time.
      const last = answer.status === 501 ? await send(wish, signal) : answer
      if (last.status === 200) return true
      // 409: somebody else is writing it at this moment.
      if (last.status === 412 || last.status === 409) return false
      throw explain(bucket, last)
    },
    async listFolders(name, signal) {
      const path = folder(...(name === '' ? [] : [name]))
      const prefix = path === '' ? '' : `${path}/`
      const query = `list-type=2&delimiter=%2F&max-keys=${mostFolders}&prefix=${encodeURIComponent(prefix)}`
      const answer = await send({ method: 'GET', query }, signal)
      if (answer.status !== 200) throw explain(bucket, answer)
      const found = answer.body.toString('utf8').matchAll(/<CommonPrefixes><Prefix>([^<]*)\/<\/Prefix>/g)
      return [...found].map(([, key = '']) => key.slice(prefix.length)).toSorted()
    },
  }
}

interface Wish {
  readonly method: 'GET' | 'PUT'
  /** The object; the bucket itself when left out. */
  readonly key?: string
  readonly query?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly content?: Uint8Array
}

interface Answer {
  readonly status: number
  readonly body: Buffer
  readonly region: string | undefined
}

async function ask(bucket: Bucket, keys: S3Keys, wish: Wish, signal: AbortSignal): Promise<Answer> {
  const hostName = bucket.pathStyle ? bucket.host : `${bucket.bucket}.${bucket.host}`
  const host = bucket.port === 443 ? hostName : `${hostName}:${bucket.port}`
  const { method, key = '', query, headers = {} } = wish
  const content = wish.content === undefined ? undefined : Buffer.from(wish.content)
  const signed = sign(
    {
      service: 's3',
      region: bucket.region,
      method,
      host,
      path: `${bucket.pathStyle ? `/${bucket.bucket}` : ''}/${key}${query === undefined ? '' : `?${query}`}`,
      headers: { ...headers, ...(content === undefined ? {} : { 'Content-Type': 'application/octet-stream' }) },
      ...defined({ body: content }),
    },
    { accessKeyId: keys.id, secretAccessKey: keys.secret, ...defined({ sessionToken: keys.token }) },
  )
  const options: RequestOptions = {
    hostname: hostName,
    port: bucket.port,
    path: signed.path,
    method,
    headers: signed.headers,
    agent: false,
    signal,
    timeout: answerTimeoutMs,
    ...(bucket.caFile === undefined ? {} : { ca: readAuthority(bucket.caFile) }),
  }
  return new Promise<Answer>((resolve, reject) => {
    const asked = request(options, (response) => {
      const parts: Buffer[] = []
      let length = 0
      response.on('data', (part: Buffer) => {
        if (length < longestAnswer) parts.push(part)
        length += part.length
      })
      response.on('error', reject)
      response.on('end', () => {
        const region = response.headers['x-amz-bucket-region']
        resolve({
          status: response.statusCode ?? 0,
          body: Buffer.concat(parts),
          region: typeof region === 'string' ? region : undefined,
        })
      })
    })
    asked.on('timeout', () => asked.destroy(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' })))
    asked.on('error', reject)
    asked.end(content)
  }).catch((error: unknown) => {
    if (signal.aborted) throw new HoldfastError('interrupted', 'stopped while asking the storage', { cause: error })
    throw explainConnection(bucket, error)
  })
}

function readAuthority(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new HoldfastError('configuration', `cannot read storage.s3.caFile: ${systemErrorText(error)}`, {
      hint: 'correct the path',
      cause: error,
    })
  }
}

/** Node's names for what OpenSSL found wrong with a certificate. */
const certificateCodes = /^(CERT_|ERR_TLS_CERT|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH)/

function explainConnection(bucket: Bucket, error: unknown): HoldfastError {
  const code = isSystemError(error) ? (error.code ?? '') : ''
  const message = error instanceof Error ? error.message : String(error)
  const where = `${bucket.host}:${bucket.port}`
  if (certificateCodes.test(code)) {
    const what =
      code === 'CERT_HAS_EXPIRED'
        ? 'has expired'
        : code === 'CERT_NOT_YET_VALID'
          ? 'is not valid yet'
          : `is not trusted: ${message}`
    return new HoldfastError('storage-certificate', `the certificate of ${where} ${what}`, {
      hint: 'renew it on the server, or name the right authority: storage.s3.caFile; a wrong clock here looks the same: timedatectl',
      cause: error,
    })
  }
  if (/wrong version number|packet length too long|http request/i.test(message)) {
    return new HoldfastError('storage-certificate', `${where} does not speak TLS`, {
      hint: 'pgBackRest speaks only HTTPS to S3: give the endpoint’s HTTPS port',
      cause: error,
    })
  }
  return new HoldfastError('storage-unreachable', `${where} does not answer: ${message || code}`, {
    hint: 'check the network and storage.s3.endpoint; the run can simply be repeated',
    cause: error,
  })
}

function codeOf({ body, status }: Answer): string {
  return /<Code>([^<]{1,100})<\/Code>/.exec(body.toString('utf8'))?.[1] ?? `status ${status}`
}

function explain(bucket: Bucket, answer: Answer): HoldfastError {
  const text = answer.body.toString('utf8')
  const region = /<Region>([^<]{1,60})<\/Region>/.exec(text)?.[1] ?? answer.region
  const detail = /<Message>([^<]{1,500})<\/Message>/.exec(text)?.[1]
  return refusalError({ status: answer.status, code: codeOf(answer), region }, bucket, detail)
}
