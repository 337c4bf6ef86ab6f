using System.Text.Json;
using NetProfiler.Analysis.Events;

namespace NetProfiler.Node.Output;

/// <summary>Writes whether an exchange was read from a TLS session, and its properties, in lines and in samples.</summary>
internal static class TlsJson
{
    /// <param name="tls">Null if the exchange was plaintext.</param>
    public static void Write(Utf8JsonWriter json, TlsSession? tls)
    {
        json.WriteBoolean(JsonName.Tls, tls is not null);
        if (tls is null) return;
        if (tls.Version is not null) json.WriteString(JsonName.TlsVersion, tls.Version);
        json.WriteString(JsonName.TlsLibrary, tls.Library);
    }
}
