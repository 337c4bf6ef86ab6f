using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace NetProfiler.Capture.Tls;

/// <summary>A function of a file: its address as linked, and its size.</summary>
internal readonly record struct ElfFunction(ulong Address, ulong Size);

/// <summary>
/// Functions of a shared library or a program, and their code: of an ELF file for x86-64 (System V ABI, chapters 4 and 5).
/// </summary>
/// <remarks>The file is another process's, and may hold anything: every table is bounded, and what lies outside of the file is not
/// there.</remarks>
internal sealed class ElfFile
{
    private const int MaxSections = 4096;
    private const int MaxTableBytes = 16 * 1024 * 1024;
    private const int MaxCodeBytes = 64 * 1024;
    private const int HeaderBytes = 64, SectionBytes = 64, SegmentBytes = 56;
    private const ushort MachineOfX64 = 62;
    private const uint Symbols = 2, DynamicSymbols = 11; // SHT_SYMTAB, SHT_DYNSYM
    private const uint Loadable = 1; // PT_LOAD

    private readonly record struct Section(string Name, uint Type, ulong Address, ulong Offset, ulong Size, uint Link);

    private readonly record struct Segment(ulong Address, ulong Offset, ulong FileSize);

    private readonly SafeFileHandle _file;
    private readonly List<Segment> _segments = [];
    private readonly List<Section> _sections = [];
    private readonly Dictionary<string, ElfFunction> _functions = [];

    private ElfFile(SafeFileHandle file) => _file = file;

    /// <summary>
    /// Reads where the named functions are that the file exports, or else those of which it has symbols. Null if the file is no ELF file
    /// for x86-64, or is damaged.
    /// </summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ElfFile? Read(SafeFileHandle file, IReadOnlySet<string> names)
    {
        var elf = new ElfFile(file);
        return elf.TryReadTables() && elf.TryReadFunctions(new SymbolScan(file, names)) ? elf : null;
    }

    public ElfFunction? Find(string name) => _functions.TryGetValue(name, out var function) ? function : null;

    /// <summary>Where in the file an address is. Null if no segment holds it.</summary>
    public ulong? OffsetOf(ulong address)
    {
        foreach (var segment in _segments)
        {
            if (address >= segment.Address && address - segment.Address < segment.FileSize)
                return address - segment.Address + segment.Offset;
        }

        return null;
    }

    /// <summary>The code of a function; empty if it is not in the file.</summary>
    public byte[] CodeOf(ElfFunction function)
    {
        if (OffsetOf(function.Address) is not { } offset || function.Size is 0 or > MaxCodeBytes) return [];
        return TryRead(offset, (int)function.Size) ?? [];
    }

    /// <summary>The first bytes of code at an address; fewer at the end of the file.</summary>
    public byte[] CodeAt(ulong address, int count) => OffsetOf(address) is { } offset ? TryRead(offset, count) ?? [] : [];

    /// <summary>Code that calls a function of another file stands at the address.</summary>
    public bool IsStub(ulong address) => _sections.Any(section =>
        section.Name.StartsWith(".plt", StringComparison.Ordinal) && address >= section.Address
            && address - section.Address < section.Size);

    private bool TryReadTables()
    {
        if (TryRead(0, HeaderBytes) is not { } header) return false;
        bool isX64 = header.AsSpan().StartsWith("\u007fELF"u8) && header[4] == 2 && header[5] == 1
            && BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(18)) == MachineOfX64;
        if (!isX64) return false;
        ulong segments = U64(header, 32), sections = U64(header, 40);
        int segmentCount = U16(header, 56), sectionCount = U16(header, 60), names = U16(header, 62);
        if (U16(header, 54) != SegmentBytes || U16(header, 58) != SectionBytes || sectionCount > MaxSections || names >= sectionCount)
            return false;
        if (TryRead(segments, segmentCount * SegmentBytes) is not { } segmentTable
            || TryRead(sections, sectionCount * SectionBytes) is not { } sectionTable)
            return false;
        for (int at = 0; at < segmentTable.Length; at += SegmentBytes)
        {
            if (U32(segmentTable, at) == Loadable)
                _segments.Add(new Segment(U64(segmentTable, at + 16), U64(segmentTable, at + 8), U64(segmentTable, at + 32)));
        }

        var name = SectionAt(sectionTable, names * SectionBytes, []);
        if (ReadTable(name) is not { } text) return false;
        for (int at = 0; at < sectionTable.Length; at += SectionBytes) _sections.Add(SectionAt(sectionTable, at, text));
        return true;
    }

    // Symbols for the linker are in a table of their own, which a file need not have: a program exports what its plug-ins may call.
    private bool TryReadFunctions(SymbolScan scan)
    {
        foreach (uint type in (uint[])[DynamicSymbols, Symbols])
        {
            foreach (var section in _sections.Where(section => section.Type == type))
            {
                if (section.Link >= _sections.Count) return false;
                var names = _sections[(int)section.Link];
                if (!scan.TryRead((section.Offset, section.Size), (names.Offset, names.Size), _functions)) return false;
            }

            if (_functions.Count > 0) return true;
        }

        return true;
    }

    private static Section SectionAt(byte[] table, int at, byte[] names) => new(
        Encoding.ASCII.GetString(NameAt(names, U32(table, at))), U32(table, at + 4), U64(table, at + 16), U64(table, at + 24),
        U64(table, at + 32), U32(table, at + 40));

    private static ReadOnlySpan<byte> NameAt(byte[] names, uint at)
    {
        if (at >= names.Length) return default;
        var rest = names.AsSpan((int)at);
        int end = rest.IndexOf((byte)0);
        return end < 0 ? rest : rest[..end];
    }

    private byte[]? ReadTable(in Section section) => section.Size > MaxTableBytes ? null : TryRead(section.Offset, (int)section.Size);

    private byte[]? TryRead(ulong offset, int count)
    {
        if (offset > long.MaxValue / 2 || count is < 0 or > MaxTableBytes) return null;
        var bytes = new byte[count];
        int read = 0;
        while (read < count)
        {
            int more = RandomAccess.Read(_file, bytes.AsSpan(read), (long)offset + read);
            if (more == 0) return null;
            read += more;
        }

        return bytes;
    }

    private static ushort U16(byte[] bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(at));

    private static uint U32(byte[] bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));

    private static ulong U64(byte[] bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at));
}
