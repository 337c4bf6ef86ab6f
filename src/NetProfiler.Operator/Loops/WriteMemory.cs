using System.Collections.Concurrent;
using System.Security.Cryptography;
using NetProfiler.Kubernetes.Client;

namespace NetProfiler.Operator.Loops;

/// <summary>
/// What was written last, while the cache may not show it yet: the same is not written again only because the cache is late. One entry for
/// each object that exists.
/// </summary>
internal sealed class WriteMemory(TimeProvider time)
{
    /// <summary>
    /// A cache is late for so long at most. After it, what it shows is what is there: somebody may have undone what was written.
    /// </summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<ObjectKey, (string? SeenVersion, byte[] Hash, long Timestamp)> _written = [];

    /// <summary>True: look again after <see cref="Patience"/>, in case the cache will not show it.</summary>
    /// <param name="seenVersion">Of the object that the content was computed from; null: there was none.</param>
    public bool IsWritten(ObjectKey key, string? seenVersion, ReadOnlySpan<byte> content) =>
        _written.TryGetValue(key, out var last) && last.SeenVersion == seenVersion && time.GetElapsedTime(last.Timestamp) < Patience &&
        last.Hash.AsSpan().SequenceEqual(SHA256.HashData(content));

    public void Remember(ObjectKey key, string? seenVersion, ReadOnlySpan<byte> content) =>
        _written[key] = (seenVersion, SHA256.HashData(content), time.GetTimestamp());

    public void Forget(ObjectKey key) => _written.TryRemove(key, out _);
}
