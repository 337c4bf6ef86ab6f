using System.Net.Security;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;

namespace NetProfiler.Telemetry.Export;

/// <summary>
/// The channel to a gRPC collector, and the result of a batch for each outcome of a call. The channel never repeats calls (it has no
/// <c>ServiceConfig</c>): retries are the exporter's, which counts them.
/// </summary>
internal sealed class GrpcCollector : IDisposable
{
    private readonly GrpcChannel _channel;

    /// <param name="tls">Null to use the certificates that this machine trusts.</param>
    public GrpcCollector(Uri address, SslClientAuthenticationOptions? tls = null)
    {
        _channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions
        {
            // A client instead of a handler: with a handler, the channel connects by itself, and waits up to two minutes between attempts.
            HttpClient = HttpAnswers.CreateClient(tls),
            DisposeHttpClient = true,
            MaxReceiveMessageSize = HttpAnswers.MaxAnswerBytes,
            ThrowOperationCanceledOnCancellation = true,
        });
    }

    public CallInvoker Invoker => _channel.CreateCallInvoker();

    /// <summary>
    /// A transport error (<see cref="Grpc.Core.Status.DebugException"/> is set) says nothing about the batch, whatever its status: a reset
    /// stream is <see cref="StatusCode.Internal"/> too. Otherwise the status is the collector's answer.
    /// </summary>
    public static SendResult ResultOf(RpcException failure)
    {
        var outcome = failure.Status.DebugException is not null ? SendOutcome.Retry : OutcomeOf(failure.StatusCode);
        return new SendResult(outcome, RetryAfter(failure), Detail: HttpAnswers.Cut(DetailOf(failure)));
    }

    /// <summary>Whether the collector rejects the credentials, or requires some.</summary>
    public static bool IsDenied(RpcException failure) => failure.StatusCode is StatusCode.PermissionDenied or StatusCode.Unauthenticated;

    // A collector may send no message; the client then uses the HTTP status instead, which contains no information.
    private static string DetailOf(RpcException failure)
    {
        string said = failure.Status.Detail.Trim();
        bool isEmpty = said.Length == 0 || said.StartsWith("HTTP ", StringComparison.Ordinal);
        string status = failure.StatusCode switch
        {
            StatusCode.Unauthenticated => "not authenticated",
            StatusCode.Unimplemented => "not implemented, is it this kind of collector?",
            var other => string.Concat(other.ToString()
                .Select((c, i) => char.IsUpper(c) ? (i > 0 ? " " : "") + char.ToLowerInvariant(c) : c.ToString())),
        };
        return $"{status} (gRPC status {(int)failure.StatusCode}){(isEmpty ? "" : $": {said}")}";
    }

    public void Dispose() => _channel.Dispose();

    private static SendOutcome OutcomeOf(StatusCode status) => status switch
    {
        StatusCode.Cancelled or StatusCode.DeadlineExceeded or StatusCode.ResourceExhausted or StatusCode.Aborted or StatusCode.OutOfRange
            or StatusCode.Unavailable or StatusCode.DataLoss => SendOutcome.Retry,
        StatusCode.InvalidArgument or StatusCode.Unknown or StatusCode.Internal => SendOutcome.RecordRefused,
        _ => SendOutcome.Refused,
    };

    // google.rpc.RetryInfo in the trailers. Null if it is absent or unreadable.
    private static TimeSpan? RetryAfter(RpcException failure)
    {
        try
        {
            var delay = failure.GetRpcStatus()?.GetDetail<RetryInfo>()?.RetryDelay?.ToTimeSpan();
            return delay > TimeSpan.Zero ? delay : null;
        }
        catch (Exception fault) when (fault is InvalidProtocolBufferException or InvalidOperationException or OverflowException)
        {
            return null;
        }
    }
}
