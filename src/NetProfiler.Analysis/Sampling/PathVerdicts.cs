using System.Numerics;
using System.Runtime.InteropServices;

namespace NetProfiler.Analysis.Sampling;

/// <summary>
/// A cache of the rule that decides each path. The paths that share a pair of slots keep the latest two. A path that is not found is
/// decided again, so a forged path costs no more than a search. Ring-buffer thread only.
/// </summary>
internal sealed class PathVerdicts
{
    public const int Places = 1024;

    /// <summary>A longer path is never cached.</summary>
    public const int MaxPathBytes = 128;

    // Random per process, so that a client that chooses paths cannot choose their slots.
    private readonly ulong _seed = (ulong)Random.Shared.NextInt64();
    private readonly byte[] _paths = new byte[Places * MaxPathBytes];
    private readonly byte[] _lengths = new byte[Places]; // 0 if the slot is free
    private readonly SamplingRule?[] _rules = new SamplingRule?[Places];

    public bool TryFind(ReadOnlySpan<byte> path, out SamplingRule? rule)
    {
        rule = null;
        if (path.Length is 0 or > MaxPathBytes) return false;

        int place = PlaceOf(path);
        if (!path.SequenceEqual(PathAt(place)) && !path.SequenceEqual(PathAt(++place))) return false;
        rule = _rules[place];
        return true;
    }

    public void Remember(ReadOnlySpan<byte> path, SamplingRule? rule)
    {
        if (path.Length is 0 or > MaxPathBytes) return;

        // Moves the entry of the first slot to the second, whose entry is dropped.
        int place = PlaceOf(path);
        Put(PathAt(place), _rules[place], place + 1);
        Put(path, rule, place);
    }

    /// <summary>Clears the cache, as when a rule is disabled.</summary>
    public void Clear() => Array.Clear(_lengths);

    private ReadOnlySpan<byte> PathAt(int place) => _paths.AsSpan(place * MaxPathBytes, _lengths[place]);

    private void Put(ReadOnlySpan<byte> path, SamplingRule? rule, int place)
    {
        path.CopyTo(_paths.AsSpan(place * MaxPathBytes));
        _lengths[place] = (byte)path.Length;
        _rules[place] = rule;
    }

    // The first of the path's two slots.
    private int PlaceOf(ReadOnlySpan<byte> path)
    {
        const ulong Odd = 0x9E3779B97F4A7C15; // derived from the golden ratio: multiplication by it distributes the bits
        ulong hash = _seed ^ (ulong)path.Length;
        for (; path.Length >= sizeof(ulong); path = path[sizeof(ulong)..])
            hash = BitOperations.RotateLeft((hash ^ MemoryMarshal.Read<ulong>(path)) * Odd, 29);
        foreach (byte octet in path) hash = (hash ^ octet) * Odd;
        return (int)((hash * Odd) >> 55) * 2;
    }
}
