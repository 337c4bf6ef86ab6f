using System.CommandLine;

namespace NetProfiler.Node.Report;

/// <summary>The option of runs that reads the plaintext of TLS sessions.</summary>
internal static class TlsFlag
{
    public static Option<bool> Create() => new("--tls")
    {
        Description = "Read HTTP/1.x inside TLS too, where the targets use OpenSSL's shared library: probes its functions in the targets "
            + "alone (docs/tls.md).",
    };

    public static Option<bool> CreateEverywhere() => new("--tls-everywhere")
    {
        Description = "With --tls: probe this machine's TLS libraries in every process, so that targets that start later are read from "
            + "their first byte, however short they live. Other processes pay about a microsecond for each call.",
    };
}
