import { readFileSync } from 'node:fs'
import { request, type RequestOptions } from 'node:https'
import { sign } from 'aws4'
import { HoldfastError, isSystemError } from '../../domain/errors.ts'
import type { S3Location } from '../../domain/repository.ts'
import type { StorageCheck } from '../port.ts'

export interface S3Keys {
  readonly id: string
  readonly secret: string
  readonly token: string | undefined
}

type Bucket = Pick<S3Location, 'host' | 'port' | 'bucket' | 'region' | 'pathStyle' | 'prefix'> & {
  readonly caFile?: string | undefined
}

const answerTimeoutMs = 15_000

/** The first bytes of an error page hold its code; nobody needs more. */
const longestAnswer = 64 * 1024

/**
 * A bucket, asked for one key below the site's prefix. That one signed request tells network, certificate, keys, region and
 * bucket apart, which the engines can't: they repeat for minutes, and then say it in words of their own.
 */
export function createS3Storage(bucket: Bucket, keys: S3Keys): StorageCheck {
  return {
    async check(signal) {
      const answer = await ask(bucket, keys, signal)
      if (answer.status === 200) return
      throw explain(bucket, answer)
    },
  }
}

interface Answer {
  readonly status: number
  readonly body: string
  readonly region: string | undefined
}

async function ask(bucket: Bucket, keys: S3Keys, signal: AbortSignal): Promise<Answer> {
  const hostName = bucket.pathStyle ? bucket.host : `${bucket.bucket}.${bucket.host}`
  const host = bucket.port === 443 ? hostName : `${hostName}:${bucket.port}`
  const query = `list-type=2&max-keys=1&prefix=${encodeURIComponent(`${bucket.prefix}/`)}`
  const signed = sign(
    {
      service: 's3',
      region: bucket.region,
      method: 'GET',
      host,
      path: `${bucket.pathStyle ? `/${bucket.bucket}` : ''}/?${query}`,
    },
    { accessKeyId: keys.id, secretAccessKey: keys.secret, ...(keys.token === undefined ? {} : { sessionToken: keys.token }) },
  )
  const options: RequestOptions = {
    hostname: hostName,
    port: bucket.port,
    path: signed.path,
    method: 'GET',
    headers: signed.headers,
    agent: false,
    signal,
    timeout: answerTimeoutMs,
    ...(bucket.caFile === undefined ? {} : { ca: readAuthority(bucket.caFile) }),
  }
  return new Promise<Answer>((resolve, reject) => {
    const asked = request(options, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        if (body.length < longestAnswer) body += chunk
      })
      response.on('error', reject)
      response.on('end', () => {
        const region = response.headers['x-amz-bucket-region']
        resolve({ status: response.statusCode ?? 0, body, region: typeof region === 'string' ? region : undefined })
      })
    })
    asked.on('timeout', () => asked.destroy(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' })))
    asked.on('error', reject)
    asked.end()
  }).catch((error: unknown) => {
    if (signal.aborted) throw new HoldfastError('interrupted', 'stopped while asking the storage', { cause: error })
    throw explainConnection(bucket, error)
  })
}

function readAuthority(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new HoldfastError('configuration', `cannot read storage.s3.caFile: ${(error as Error).message}`, {
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

function explain(bucket: Bucket, answer: Answer): HoldfastError {
  const code = /<Code>([^<]{1,100})<\/Code>/.exec(answer.body)?.[1] ?? `status ${answer.status}`
  const said = /<Message>([^<]{1,500})<\/Message>/.exec(answer.body)?.[1]
  const detail = said === undefined ? {} : { detail: said }
  const wantedRegion = /<Region>([^<]{1,60})<\/Region>/.exec(answer.body)?.[1] ?? answer.region
  if (code === 'NoSuchBucket' || (answer.status === 404 && code.startsWith('status'))) {
    return new HoldfastError('bucket-missing', `the bucket ${bucket.bucket} does not exist at ${bucket.host}`, {
      hint: 'correct storage.s3.bucket, or create the bucket first; Holdfast never creates one by itself',
      ...detail,
    })
  }
  const otherRegion = wantedRegion !== undefined && wantedRegion !== bucket.region
  if (code === 'AuthorizationHeaderMalformed' || code === 'PermanentRedirect' || answer.status === 301 || otherRegion) {
    return new HoldfastError('storage-region', `the bucket ${bucket.bucket} does not live in region ${bucket.region}`, {
      hint: wantedRegion === undefined ? 'correct storage.s3.region' : `set storage.s3.region to ${wantedRegion}`,
      ...detail,
    })
  }
  if (code === 'RequestTimeTooSkewed') {
    return new HoldfastError('storage-denied', 'the storage refuses requests because the clock of this machine is wrong', {
      hint: 'timedatectl shows it; systemctl restart systemd-timesyncd',
      ...detail,
    })
  }
  if (answer.status === 401 || answer.status === 403) {
    const reason = { InvalidAccessKeyId: 'does not know the access key', SignatureDoesNotMatch: 'says the secret key is wrong' }[
      code
    ]
    return new HoldfastError(
      'storage-denied',
      `the storage ${reason ?? `refuses to list the bucket ${bucket.bucket} (${code})`}`,
      {
        hint: 'check the keys in aws.env, and that they may read, write and list below the prefix of this site',
        ...detail,
      },
    )
  }
  if (answer.status >= 500) {
    return new HoldfastError('storage-unreachable', `the storage answers with ${code}`, {
      hint: 'it is in trouble; the run can simply be repeated',
      ...detail,
    })
  }
  return new HoldfastError('storage-denied', `the storage answers with ${code}`, {
    hint: 'check endpoint, bucket and keys',
    ...detail,
  })
}
