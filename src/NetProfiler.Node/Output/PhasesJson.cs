using System.Text.Json;
using NetProfiler.Analysis.Events;
using NetProfiler.Analysis.Exchanges;

namespace NetProfiler.Node.Output;

/// <summary>
/// The phases of an exchange as a JSON object, in whole microseconds, truncated so that their sum is the truncated duration.
/// </summary>
internal static class PhasesJson
{
    public static void Write(Utf8JsonWriter json, in ExchangePhases phases)
    {
        if (phases.Role == EndpointRole.Unknown) return;

        long passed = 0;
        json.WriteStartObject(JsonName.Phases);
        if (phases.Role == EndpointRole.Server)
        {
            // before the exchange begins
            if (phases.QueueNanoseconds is { } queue) json.WriteNumber(JsonName.QueueMicroseconds, queue / 1000);
            json.WriteNumber(JsonName.ReceiveMicroseconds, Next(phases.ReceiveNanoseconds, ref passed));
            json.WriteNumber(JsonName.ApplicationMicroseconds, Next(phases.ApplicationNanoseconds, ref passed));
            json.WriteNumber(JsonName.WriteMicroseconds, Next(phases.WriteNanoseconds, ref passed));
        }
        else
        {
            json.WriteNumber(JsonName.SendMicroseconds, Next(phases.SendNanoseconds, ref passed));
            json.WriteNumber(JsonName.WaitMicroseconds, Next(phases.WaitNanoseconds, ref passed));
            if (phases.QueueNanoseconds is { } queue) json.WriteNumber(JsonName.QueueMicroseconds, Next(queue, ref passed));
            json.WriteNumber(JsonName.ReceiveMicroseconds, Next(phases.ReceiveNanoseconds, ref passed));
        }

        json.WriteEndObject();
    }

    private static long Next(long nanoseconds, ref long passed)
    {
        long before = passed / 1000;
        passed += nanoseconds;
        return (passed / 1000) - before;
    }
}
