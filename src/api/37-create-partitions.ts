/**
 * CreatePartitions: v0-3
 *
 * Behavior
 * - Decided by the controller, topic by topic (KIP-195; facts H12, H13, B50).
 *
 * Version notes
 * - v3 THROTTLING_QUOTA_EXCEEDED (KIP-599).
 */
import { CreatePartitionsRequest, CreatePartitionsResponse } from '../../protocol/api/37-create-partitions.ts'
import { errorMessage } from '../../protocol/errors.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'

export const createPartitions = (services: Services) =>
  handlerFor(CreatePartitionsRequest, CreatePartitionsResponse, {
    key: 37,
    versions: [0, 3],
    listeners: ['broker', 'controller'],
    forwarded: true,
    handle: (request) => services.controller.createPartitions(request),
    refuse: ({ topics }, errorCode) => ({
      throttleTimeMs: 0,
      results: topics.map(({ name }) => ({ name, errorCode, errorMessage: errorMessage(errorCode) })),
    }),
  })
