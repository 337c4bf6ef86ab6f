using System.Collections.Concurrent;
using System.Security.Cryptography;
using NetProfiler.Kubernetes.Client;

namespace NetProfiler.Operator.Loops;

/// <summary>
/// The latest writes, while the cache may not show them yet, so that a late cache does not cause the same write again. One entry per
/// existing object.
/// </summary>
internal sealed class WriteMemory(TimeProvider time)
{
    /// <summary>Maximum delay of a cache. Afterwards, its content is current: another client may have reverted the write.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<ObjectKey, (string? SeenVersion, byte[] Hash, long Timestamp)> _written = [];

    /// <summary>
    /// True if this was written recently; reconcile again after <see cref="Patience"/>, in case the cache does not show it.
    /// </summary>
    /// <param name="seenVersion">Version of the object that the content was computed from. Null if there was none.</param>
    public bool IsWritten(ObjectKey key, string? seenVersion, ReadOnlySpan<byte> content) =>
        _written.TryGetValue(key, out var last) && last.SeenVersion == seenVersion && time.GetElapsedTime(last.Timestamp) < Patience &&
        last.Hash.AsSpan().SequenceEqual(SHA256.HashData(content));

    public void Remember(ObjectKey key, string? seenVersion, ReadOnlySpan<byte> content) =>
        _written[key] = (seenVersion, SHA256.HashData(content), time.GetTimestamp());

    public void Forget(ObjectKey key) => _written.TryRemove(key, out _);
}
