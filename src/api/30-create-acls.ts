/**
 * CreateAcls: v0-3
 *
 * Behavior
 * - New entries, decided by the controller, each by itself; one that is there already is no error (KIP-140, fact B87).
 * - SECURITY_DISABLED for each entry without authorizer.class.name: nothing here would enforce one.
 *
 * Version notes
 * - v1 pattern types (KIP-290); v3 resource type USER (KIP-373). Apache Kafka 4 begins at v1.
 */
import { CreateAclsRequest, CreateAclsResponse } from '../../protocol/api/30-create-acls.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { messageOf } from './29-describe-acls.ts'
import { handlerFor } from './handler.ts'
import type { Services } from './services.ts'

export const createAcls = (services: Services) =>
  handlerFor(CreateAclsRequest, CreateAclsResponse, {
    key: 30,
    versions: [0, 3],
    needs: 'ALTER',
    listeners: ['broker', 'controller'],
    forwarded: true,
    handle: (request) =>
      services.authorizer === undefined
        ? refused(request, ErrorCode.SECURITY_DISABLED)
        : services.controller.settings.createAcls(request),
    refuse: refused,
  })

const refused = ({ creations }: CreateAclsRequest, errorCode: ErrorCode) => ({
  throttleTimeMs: 0,
  results: creations.map(() => ({ errorCode, errorMessage: messageOf(errorCode) })),
})
