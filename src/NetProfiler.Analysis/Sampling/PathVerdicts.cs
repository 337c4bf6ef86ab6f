using System.Numerics;
using System.Runtime.InteropServices;

namespace NetProfiler.Analysis.Sampling;

/// <summary>
/// Which rule decided about a path, for paths that come again: of those that share a pair of places, the two latest. What is not found is
/// decided anew, so a forged path costs no more than a search. Ring-buffer thread only.
/// </summary>
internal sealed class PathVerdicts
{
    public const int Places = 1024;

    /// <summary>A longer path is never remembered.</summary>
    public const int MaxPathBytes = 128;

    // Not the same in another process: who may choose paths cannot choose places.
    private readonly ulong _seed = (ulong)Random.Shared.NextInt64();
    private readonly byte[] _paths = new byte[Places * MaxPathBytes];
    private readonly byte[] _lengths = new byte[Places]; // 0: free
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

        // The one that was there moves over, and the one beside it is forgotten.
        int place = PlaceOf(path);
        Put(PathAt(place), _rules[place], place + 1);
        Put(path, rule, place);
    }

    /// <summary>Forgets all, as when a rule is switched off.</summary>
    public void Clear() => Array.Clear(_lengths);

    private ReadOnlySpan<byte> PathAt(int place) => _paths.AsSpan(place * MaxPathBytes, _lengths[place]);

    private void Put(ReadOnlySpan<byte> path, SamplingRule? rule, int place)
    {
        path.CopyTo(_paths.AsSpan(place * MaxPathBytes));
        _lengths[place] = (byte)path.Length;
        _rules[place] = rule;
    }

    // The first of two.
    private int PlaceOf(ReadOnlySpan<byte> path)
    {
        const ulong Odd = 0x9E3779B97F4A7C15; // the golden ratio: multiplying by it spreads
        ulong hash = _seed ^ (ulong)path.Length;
        for (; path.Length >= sizeof(ulong); path = path[sizeof(ulong)..])
            hash = BitOperations.RotateLeft((hash ^ MemoryMarshal.Read<ulong>(path)) * Odd, 29);
        foreach (byte octet in path) hash = (hash ^ octet) * Odd;
        return (int)((hash * Odd) >> 55) * 2;
    }
}
