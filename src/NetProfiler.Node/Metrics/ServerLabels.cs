using System.Globalization;
using NetProfiler.Analysis.Peers;
using NetProfiler.Http1;

namespace NetProfiler.Node.Metrics;

/// <summary><c>server.address</c> and <c>server.port</c> of OpenTelemetry's HTTP conventions (1.44).</summary>
internal static class ServerLabels
{
    public static IEnumerable<(string Name, string Value)> Of(ServerAddress server)
    {
        yield return ("server_address", server.Address);
        if (server.Port != 0) yield return ("server_port", server.Port.ToString(CultureInfo.InvariantCulture));
    }
}

/// <summary><c>http.request.method</c> of the same conventions: a closed set.</summary>
internal static class MethodLabel
{
    public static string Of(RequestMethod method) => method == RequestMethod.Other ? "_OTHER" : method.ToString().ToUpperInvariant();
}
