import * as z from 'zod/mini'
import { noticeKinds, pingSignals } from '../domain/notice.ts'
import { key, nameField, noted, parsedDefault, pathField, withDefault } from './fields.ts'

/** The part of the schema that says who is told. */

const events = key(
  withDefault(z.array(z.enum(noticeKinds, { error: 'is not a kind of notice' })), [...noticeKinds]),
  'what is sent there',
  { example: ['failure', 'all-clear'], form: 'a list of failure, all-clear, heartbeat and summary' },
)

const discordId = noted(z.string().check(z.regex(/^\d{15,20}$/, { error: 'is not an id of Discord' })), {
  form: 'digits in quotes',
})

const caFile = key(z.optional(pathField), 'PEM file of a private authority that signed the certificate of the address', {
  example: '/etc/holdfast/home-ca.pem',
})

const channelsForm = '{}, or names, each with a block of its own'

const channels = <Channel extends z.ZodMiniType>(channel: Channel) =>
  z.record(
    nameField('is not a name of a channel'),
    noted(channel, { form: 'a block of keys; a channel needs a name above it, such as { ops: { … } }' }),
  )

export const notify = key(
  parsedDefault(
    z.strictObject({
      discord: key(
        z.optional(
          channels(
            z.strictObject({
              events,
              mention: key(
                z.optional(
                  z.strictObject({
                    user: key(z.optional(discordId), 'a user, by the id that Discord shows in developer mode', {
                      example: '80351110224678912',
                    }),
                    role: key(z.optional(discordId), 'a role, by its id', { example: '165511591545143296' }),
                  }),
                ),
                'who is called by name when something fails',
              ),
            }),
          ),
        ),
        'webhooks of Discord; {} for one with the address DISCORD_WEBHOOK_URL in discord.env, or names of several',
        { example: { ops: { events: ['failure', 'all-clear'] }, family: { events: ['heartbeat'] } }, form: channelsForm },
      ),
      webhook: key(
        z.optional(channels(z.strictObject({ events, caFile }))),
        'addresses that take JSON; {} for one with the address WEBHOOK_URL in webhook.env, or names of several',
        { example: { home: { events: ['failure', 'all-clear'] } }, form: channelsForm },
      ),
      ping: key(
        z.optional(
          channels(
            z.strictObject({
              signals: key(
                withDefault(z.array(z.enum(pingSignals, { error: 'is not a signal of a run' })), [...pingSignals]),
                'which moments of a run are told',
                { form: 'a list of start, success and fail' },
              ),
              caFile,
            }),
          ),
        ),
        'dead man’s switches, which call when they hear nothing; {} for one with the address PING_URL in ping.env, or names of several',
        { example: { healthchecks: { signals: ['start', 'success', 'fail'] } }, form: channelsForm },
      ),
    }),
    {},
  ),
  'who is told, and of what; docs/notices.md says how. The addresses are secrets, in files of their own',
)
