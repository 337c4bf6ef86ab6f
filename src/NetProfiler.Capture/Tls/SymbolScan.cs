using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace NetProfiler.Capture.Tls;

/// <summary>
/// Finds a few functions in symbol tables of any size, piece by piece: those of a program can be larger than the agent's memory.
/// </summary>
/// <remarks>System V ABI, chapter 4, "Symbol Table" and "String Table".</remarks>
internal sealed class SymbolScan(SafeFileHandle file, IReadOnlySet<string> names)
{
    private const ulong MaxTableBytes = 256 * 1024 * 1024;

    /// <summary>Places where one of the names stands; a linker writes each name once.</summary>
    private const int MaxPlaces = 4096;

    private const int SymbolBytes = 24, PieceBytes = 8192 * SymbolBytes;
    private const int Function = 2; // STT_FUNC

    private readonly byte[] _piece = new byte[PieceBytes];
    private readonly int _longest = names.Max(name => name.Length) + 1;
    private readonly (byte[] Text, string Name)[] _names = [.. names.Select(name => (Encoding.ASCII.GetBytes(name + "\0"), name))];
    private readonly byte[][] _prefixes = [.. names.Select(name => name[..4]).Distinct().Select(Encoding.ASCII.GetBytes)];

    /// <summary>Adds the functions that the table defines. False if the table is damaged or too large.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public bool TryRead((ulong Offset, ulong Size) symbols, (ulong Offset, ulong Size) strings, Dictionary<string, ElfFunction> functions)
    {
        if (symbols.Size > MaxTableBytes || strings.Size > MaxTableBytes || symbols.Offset > long.MaxValue / 2
            || strings.Offset > long.MaxValue / 2)
            return false;
        var places = new Dictionary<uint, string>();
        if (!TryFindNames(strings, places)) return false;
        return places.Count == 0 || TryFindSymbols(symbols, places, functions);
    }

    // The end of one name may be another name, so a name begins anywhere.
    private bool TryFindNames((ulong Offset, ulong Size) strings, Dictionary<uint, string> places)
    {
        for (ulong at = 0; at < strings.Size; at += (ulong)(PieceBytes - _longest))
        {
            var piece = _piece.AsSpan(0, (int)ulong.Min(PieceBytes, strings.Size - at));
            if (!TryFill(piece, strings.Offset + at)) return false;
            foreach (byte[] prefix in _prefixes)
            {
                for (int next, from = 0; (next = piece[from..].IndexOf(prefix)) >= 0; from += next + 1)
                {
                    NoteName(piece[(from + next)..], (uint)(at + (ulong)(from + next)), places);
                    if (places.Count > MaxPlaces) return false;
                }
            }
        }

        return true;
    }

    private void NoteName(ReadOnlySpan<byte> text, uint at, Dictionary<uint, string> places)
    {
        foreach (var (name, value) in _names)
        {
            if (text.StartsWith(name)) places[at] = value;
        }
    }

    private bool TryFindSymbols((ulong Offset, ulong Size) symbols, Dictionary<uint, string> places,
        Dictionary<string, ElfFunction> functions)
    {
        ulong size = symbols.Size / SymbolBytes * SymbolBytes;
        for (ulong at = 0; at < size; at += PieceBytes)
        {
            var piece = _piece.AsSpan(0, (int)ulong.Min(PieceBytes, size - at));
            if (!TryFill(piece, symbols.Offset + at)) return false;
            for (; piece.Length > 0; piece = piece[SymbolBytes..])
            {
                bool isDefined = (piece[4] & 0xF) == Function && BinaryPrimitives.ReadUInt16LittleEndian(piece[6..]) != 0;
                if (isDefined && places.TryGetValue(BinaryPrimitives.ReadUInt32LittleEndian(piece), out string? name))
                    functions.TryAdd(name, new ElfFunction(BinaryPrimitives.ReadUInt64LittleEndian(piece[8..]),
                        BinaryPrimitives.ReadUInt64LittleEndian(piece[16..])));
            }
        }

        return true;
    }

    private bool TryFill(Span<byte> piece, ulong offset)
    {
        for (int read = 0; read < piece.Length;)
        {
            int more = RandomAccess.Read(file, piece[read..], (long)offset + read);
            if (more == 0) return false;
            read += more;
        }

        return true;
    }
}
