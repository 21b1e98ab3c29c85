import { message } from '../schema/message.ts'
import { array, boolean, int16, int32, int64, string } from '../schema/types.ts'

/**
 * AddPartitionsToTxn: partitions that a transaction is about to write to (KIP-98).
 * v2 PRODUCER_FENCED; v3 flexible; v4 for brokers only: several transactions at once, and verification (KIP-890); v5
 * TRANSACTION_ABORTABLE (KIP-890).
 */

const AddPartitionsToTxnTopic = { name: string, partitions: array(int32) }

const AddPartitionsToTxnPartitionResult = { partitionIndex: int32, partitionErrorCode: int16 }

const AddPartitionsToTxnTopicResult = { name: string, resultsByPartition: array(AddPartitionsToTxnPartitionResult) }

export const AddPartitionsToTxnRequest = message(
  'AddPartitionsToTxnRequest',
  { key: 24, versions: [0, 5], flexible: 3 },
  {
    transactions: array({
      transactionalId: string,
      producerId: int64,
      producerEpoch: int16,
      verifyOnly: boolean.default(false),
      topics: array(AddPartitionsToTxnTopic),
    }).since(4),
    v3AndBelowTransactionalId: string.until(3),
    v3AndBelowProducerId: int64.until(3),
    v3AndBelowProducerEpoch: int16.until(3),
    v3AndBelowTopics: array(AddPartitionsToTxnTopic).until(3),
  },
)
export type AddPartitionsToTxnRequest = typeof AddPartitionsToTxnRequest.T

export const AddPartitionsToTxnResponse = message(
  'AddPartitionsToTxnResponse',
  { key: 24, versions: [0, 5], flexible: 3 },
  {
    throttleTimeMs: int32,
    errorCode: int16.since(4).ignorable(),
    resultsByTransaction: array({ transactionalId: string, topicResults: array(AddPartitionsToTxnTopicResult) }).since(
      4,
    ),
    resultsByTopicV3AndBelow: array(AddPartitionsToTxnTopicResult).until(3),
  },
)
export type AddPartitionsToTxnResponse = typeof AddPartitionsToTxnResponse.T
