import type { CommandModule } from 'yargs'
import { ErrorCode } from '../../protocol/errors.ts'
import { API, check, errorText, withClient } from './client.ts'
import { CommandError } from './command-error.ts'
import { type BootstrapArguments, bootstrapServer } from './options.ts'

const TIMEOUT_MS = 30_000
const PREFERRED = 0
const UNCLEAN = 1

interface ElectArguments extends BootstrapArguments {
  preferred: boolean
  unclean: boolean
  topic: string | undefined
  partition: number[]
  all: boolean
}

/** `odradek elect`: leaders are elected now, as kafka-leader-election does it. */
export const electCommand: CommandModule = {
  command: 'elect',
  describe: 'elect leaders: the preferred ones, or any that live',
  builder: (yargs) =>
    yargs
      .options(bootstrapServer)
      .option('preferred', { type: 'boolean', default: false, describe: 'the first replica of each partition' })
      .option('unclean', {
        type: 'boolean',
        default: false,
        describe: 'any replica that lives, for partitions without a leader; may lose records',
      })
      .option('topic', { type: 'string', describe: 'of this topic' })
      .option('partition', {
        type: 'number',
        array: true,
        nargs: 1,
        default: [],
        describe: 'only this partition; may be given again',
      })
      .option('all', { type: 'boolean', default: false, describe: 'of all topics' }),
  handler: (args) => elect(args as unknown as ElectArguments),
}

async function elect({ bootstrapServer, preferred, unclean, topic, partition, all }: ElectArguments): Promise<void> {
  if (preferred === unclean) throw new CommandError('Say which election: --preferred or --unclean.')
  if ((topic === undefined) !== all) throw new CommandError('Say for what: --topic NAME or --all.')
  const results = await withClient(bootstrapServer, async (client) => {
    const whole = async () => (await client.topics([topic!]))[0]!.partitions.map(({ partitionIndex }) => partitionIndex)
    const topicPartitions = all
      ? null
      : [{ topic: topic!, partitions: partition.length > 0 ? partition : await whole() }]
    const request = { electionType: preferred ? PREFERRED : UNCLEAN, topicPartitions, timeoutMs: TIMEOUT_MS }
    const response = await client.send(API.ELECT_LEADERS, request)
    check(response.errorCode, 'Election')
    return response.replicaElectionResults
  })
  const failed = results.flatMap(({ topic, partitionResult }) =>
    partitionResult.filter(({ errorCode }) => !isDone(errorCode)).map((result) => ({ topic, ...result })),
  )
  const elected = results.flatMap(({ partitionResult }) => partitionResult).filter(({ errorCode }) => errorCode === 0)
  process.stdout.write(`${elected.length} leaders elected.\n`)
  if (failed.length > 0)
    throw new CommandError(
      failed
        .map(({ topic, partitionId, errorCode, errorMessage }) =>
          errorText(`Topic ${topic}, partition ${partitionId}`, errorCode, errorMessage),
        )
        .join('\n'),
    )
}

/** A partition that has the leader it should have is as good as one that gets it. */
const isDone = (errorCode: number): boolean =>
  errorCode === ErrorCode.NONE || errorCode === ErrorCode.ELECTION_NOT_NEEDED
