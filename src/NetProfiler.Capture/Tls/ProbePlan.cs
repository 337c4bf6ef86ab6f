using NetProfiler.Analysis.Events;

namespace NetProfiler.Capture.Tls;

/// <summary>Which functions of a TLS library to probe, and what the kernel side is told with each hit.</summary>
/// <param name="Library">File name of the library, or of the program that contains it.</param>
/// <param name="Calls">Probed at entry and return.</param>
/// <param name="Ends">Probed at entry: a session ends, or its object is used again.</param>
/// <param name="Beginnings">Probed at return: a session is made.</param>
/// <param name="Roles">Probed at entry: a session is the server's end, or the client's.</param>
internal sealed record ProbePlan(string Library, IReadOnlyList<Probe> Calls, IReadOnlyList<Probe> Ends, IReadOnlyList<Probe> Beginnings,
    IReadOnlyList<Probe> Roles, SessionLayout Layout)
{
    /// <summary>What is looked for in a file.</summary>
    public static readonly IReadOnlySet<string> Functions = new HashSet<string>
    {
        "SSL_new", "SSL_free", "SSL_clear", "SSL_do_handshake", "SSL_read", "SSL_read_ex", "SSL_write", "SSL_write_ex", "SSL_sendfile",
        "SSL_set_accept_state", "SSL_accept", "SSL_set_connect_state", "SSL_connect", "SSL_version", "SSL_get_server_random",
        "SSL_get_client_random", "BIO_write", "BIO_write_ex",
    };

    private static readonly string[] TransportNames = ["BIO_write", "BIO_write_ex"];

    private readonly TlsSession _unknown = new(null, Library);
    private readonly Dictionary<uint, TlsSession> _sessions = new()
    {
        [0x0301] = new TlsSession("1.0", Library),
        [0x0302] = new TlsSession("1.1", Library),
        [0x0303] = new TlsSession("1.2", Library),
        [0x0304] = new TlsSession("1.3", Library),
    };

    /// <summary>Number of the library in cookies and records.</summary>
    public ushort Number { get; init; }

    /// <param name="version">What was in the session's memory: anything.</param>
    public TlsSession SessionOf(uint version) => _sessions.GetValueOrDefault(version, _unknown);

    /// <summary>Null if the file does not have the functions of OpenSSL, or has no symbols of them.</summary>
    public static ProbePlan? Of(ElfFile file, string library)
    {
        if (file.Find("SSL_read") is not { } read || file.Find("SSL_write") is not { } write) return null;
        if (Entry(file, "SSL_new", ProbedFunction.New) is not { } made || Entry(file, "SSL_free", ProbedFunction.Free) is not { } freed)
            return null;
        if (Entry(file, "SSL_do_handshake", ProbedFunction.Handshake) is not { } handshake) return null;
        List<Probe> calls = [handshake, .. OfTransfer(file, ProbedFunction.Read, "SSL_read_ex", read),
            .. OfTransfer(file, ProbedFunction.Write, "SSL_write_ex", write)];
        if (Entry(file, "SSL_sendfile", ProbedFunction.SendFile) is { } sendFile) calls.Add(sendFile);
        List<Probe> ends = [freed];
        if (Entry(file, "SSL_clear", ProbedFunction.Clear) is { } clear) ends.Add(clear);
        return new ProbePlan(library, calls, ends, [made], [.. OfRoles(file)], LayoutFinder.Find(file));
    }

    /// <summary>
    /// Where a file hands bytes to transports, whether or not it contains the sessions: a library of its own does so for OpenSSL's shared
    /// library. Empty if it does not.
    /// </summary>
    public static IReadOnlyList<Probe> TransportsOf(ElfFile file)
    {
        if (file.Find("BIO_write") is not { } write) return [];
        if (file.Find("BIO_write_ex") is { } extended
            && CalleeFinder.FindCommon(file, ProbedFunction.Transport, write, extended) is { } common)
            return [common];
        return [.. TransportNames.Select(name => Entry(file, name, ProbedFunction.Transport)).OfType<Probe>()];
    }

    public ulong CookieOf(Probe probe) => ProbeCookie.Of(probe, Number, Layout.VersionAt);

    // The second of each calls the first, or holds a copy of its code.
    private static IEnumerable<Probe> OfRoles(ElfFile file) =>
        from function in new[]
        {
            ("SSL_set_accept_state", ProbedFunction.Accept), ("SSL_accept", ProbedFunction.Accept),
            ("SSL_set_connect_state", ProbedFunction.Connect), ("SSL_connect", ProbedFunction.Connect),
        }
        let probe = Entry(file, function.Item1, function.Item2)
        where probe is not null
        select probe.Value;

    // One function behind both, or both. Before OpenSSL 1.1.1 there is one only.
    private static IEnumerable<Probe> OfTransfer(ElfFile file, ProbedFunction function, string extendedName, ElfFunction simple)
    {
        const int lengthArgument = 4;
        if (file.Find(extendedName) is not { } extended)
            return CalleeFinder.EntryOf(file, simple) is { } only ? [new Probe(function, only)] : [];
        if (CalleeFinder.FindCommon(file, function, simple, extended) is { } common) return [common];
        return CalleeFinder.EntryOf(file, simple) is { } one && CalleeFinder.EntryOf(file, extended) is { } other
            ? [new Probe(function, one), new Probe(function, other, lengthArgument)]
            : [];
    }

    private static Probe? Entry(ElfFile file, string name, ProbedFunction function) =>
        file.Find(name) is { } found && CalleeFinder.EntryOf(file, found) is { } offset ? new Probe(function, offset) : null;
}
