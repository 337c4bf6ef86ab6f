using System.Collections.Concurrent;
using System.Security.Cryptography;
using NetProfiler.Kubernetes.Client;

namespace NetProfiler.Operator.Loops;

/// <summary>
/// What was written last, for as long as the cache does not show it: the same is not written again only because the cache is late. One
/// entry for each object that exists.
/// </summary>
internal sealed class WriteMemory
{
    private readonly ConcurrentDictionary<ObjectKey, (string? SeenVersion, byte[] Hash)> _written = [];

    /// <param name="seenVersion">Of the object that the content was computed from; null: there was none.</param>
    public bool IsWritten(ObjectKey key, string? seenVersion, ReadOnlySpan<byte> content) =>
        _written.TryGetValue(key, out var last) && last.SeenVersion == seenVersion && last.Hash.AsSpan().SequenceEqual(SHA256.HashData(content));

    public void Remember(ObjectKey key, string? seenVersion, ReadOnlySpan<byte> content) => _written[key] = (seenVersion, SHA256.HashData(content));

    public void Forget(ObjectKey key) => _written.TryRemove(key, out _);
}
