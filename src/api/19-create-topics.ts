/**
 * CreateTopics: v0-7
 *
 * Behavior
 * - Decided by the controller, topic by topic (facts H1-H11); answered when this node's own replicas serve, so that a
 *   client may produce at once.
 *
 * Version notes
 * - v1 validate_only, v4 defaults by -1 (KIP-464), v5 effective configs in the answer (KIP-525), v7 topic ids (KIP-516).
 *   Apache Kafka 4 begins at v2.
 */
import { CreateTopicsRequest, CreateTopicsResponse } from '../../protocol/api/19-create-topics.ts'
import { errorMessage } from '../../protocol/errors.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'

export const createTopics = (services: Services) =>
  handlerFor(CreateTopicsRequest, CreateTopicsResponse, {
    key: 19,
    versions: [0, 7],
    listeners: ['broker', 'controller'],
    forwarded: true,
    handle: (request, { apiVersion }) => services.controller.createTopics(request, apiVersion),
    refuse: (request, errorCode) => ({
      topics: request.topics.map(({ name }) => ({ name, errorCode, errorMessage: errorMessage(errorCode) })),
    }),
  })
