using Grpc.Core;

namespace NetProfiler.Telemetry.Export;

internal static class GrpcStreams
{
    /// <summary>
    /// Writes the messages and completes the stream. A collector may end the call before it has received all messages: the reason is in its
    /// answer.
    /// </summary>
    public static async Task WriteAllAsync<T>(this IClientStreamWriter<T> stream, IEnumerable<T> messages, CancellationToken cancellation)
    {
        try
        {
            foreach (var one in messages) await stream.WriteAsync(one, cancellation).ConfigureAwait(false);
            await stream.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is RpcException or InvalidOperationException)
        {
        }
    }
}
