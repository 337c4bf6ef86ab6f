using System.Text.Json;
using NetProfiler.Analysis.Exchanges;
using NetProfiler.Analysis.Peers;

namespace NetProfiler.Node.Output;

/// <summary>
/// The key that identifies an exchange at both ends of the connection, as a JSON object. Addresses that are not translated are those of the
/// line.
/// </summary>
internal static class JoinJson
{
    public static void Write(Utf8JsonWriter json, JoinKey? key, Translation? translated)
    {
        if (key is not { } join) return;
        json.WriteStartObject(JsonName.Join);
        json.WriteNumber(JsonName.RequestPosition, join.RequestPosition);
        json.WriteNumber(JsonName.ResponsePosition, join.ResponsePosition);
        if (join.NetworkNamespace != 0) json.WriteNumber(JsonName.NetworkNamespace, join.NetworkNamespace);
        if (translated is not null)
        {
            json.WriteString(JsonName.Local, translated.LocalText);
            json.WriteString(JsonName.Remote, translated.RemoteText);
        }

        json.WriteEndObject();
    }
}
