/**
 * DescribeAcls: v0-3
 *
 * Behavior
 * - SECURITY_DISABLED, as from Apache Kafka without authorizer.class.name: nothing here would enforce an entry.
 *
 * Version notes
 * - v1 pattern types (KIP-290); v3 resource type USER (KIP-373). Apache Kafka 4 begins at v1.
 */
import { DescribeAclsRequest, DescribeAclsResponse } from '../../protocol/api/29-describe-acls.ts'
import { ErrorCode, errorMessage } from '../../protocol/errors.ts'
import { handlerFor } from './handler.ts'

export const messageOf = (errorCode: ErrorCode): string | null =>
  errorCode === ErrorCode.SECURITY_DISABLED ? 'No authorizer is configured.' : errorMessage(errorCode)

export const describeAcls = () =>
  handlerFor(DescribeAclsRequest, DescribeAclsResponse, {
    key: 29,
    versions: [0, 3],
    needs: 'DESCRIBE',
    listeners: ['broker', 'controller'],
    handle: () => refused(ErrorCode.SECURITY_DISABLED),
    refuse: (_request, errorCode) => refused(errorCode),
  })

const refused = (errorCode: ErrorCode) => ({
  throttleTimeMs: 0,
  errorCode,
  errorMessage: messageOf(errorCode),
  resources: [],
})
