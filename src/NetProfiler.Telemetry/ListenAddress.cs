using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace NetProfiler.Telemetry;

/// <summary>A listen address as given by the user; <see cref="None"/> to not listen.</summary>
public readonly record struct ListenAddress
{
    private ListenAddress(IPEndPoint endPoint) => EndPoint = endPoint;

    public static ListenAddress None => default;

    /// <summary>Null to not listen.</summary>
    public IPEndPoint? EndPoint { get; }

    /// <summary>
    /// "127.0.0.1:9464", "[::]:9464", ":9464" (every address of the machine), "localhost:9464" (127.0.0.1), "none". Port 0 is any free
    /// port. Names are not resolved, because the address should not depend on DNS.
    /// </summary>
    public static bool TryParse(string text, out ListenAddress address, [NotNullWhen(false)] out string? error)
    {
        address = None;
        error = null;
        if (text.Equals("none", StringComparison.OrdinalIgnoreCase)) return true;

        var colon = text.LastIndexOf(':');
        if (colon < 0)
        {
            error = $"'{text}' has no port: write ADDRESS:PORT, :PORT or none";
            return false;
        }

        var (host, port) = (text[..colon], text[(colon + 1)..]);

        if (!TryParseHost(host, out var ip))
            error = $"'{host}' is not an IP address: write 127.0.0.1:{port}, [::1]:{port}, :{port} or localhost:{port}";
        else if (!ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            error = $"'{port}' is not a port: write a number from 0 to 65535";
        else
            address = new ListenAddress(new IPEndPoint(ip, number));

        return error is null;
    }

    public override string ToString() => EndPoint?.ToString() ?? "none";

    private static bool TryParseHost(string host, [NotNullWhen(true)] out IPAddress? ip)
    {
        ip = host switch
        {
            "" => Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any,
            "localhost" => IPAddress.Loopback,
            ['[', .. var inner, ']'] => Parsed(inner, AddressFamily.InterNetworkV6),
            _ => Parsed(host, AddressFamily.InterNetwork),
        };

        return ip is not null;

        // Without brackets, the last group of an IPv6 address would be parsed as the port; short forms such as 127.1 are likely typing
        // errors.
        static IPAddress? Parsed(string text, AddressFamily family) =>
            IPAddress.TryParse(text, out var ip) && ip.AddressFamily == family
                && (family == AddressFamily.InterNetworkV6 || ip.ToString() == text) ? ip : null;
    }
}
