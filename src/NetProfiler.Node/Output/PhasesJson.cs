using System.Text.Json;
using NetProfiler.Analysis.Connections;
using NetProfiler.Analysis.Exchanges;

namespace NetProfiler.Node.Output;

/// <summary>The phases of an exchange as a JSON object. Whole microseconds, cut so that their sum is the cut duration.</summary>
internal static class PhasesJson
{
    public static void Write(Utf8JsonWriter json, in ExchangePhases phases)
    {
        if (phases.Role == EndpointRole.Unknown) return;

        long passed = 0;
        json.WriteStartObject("phases"u8);
        if (phases.Role == EndpointRole.Server)
        {
            if (phases.QueueNanoseconds is { } queue) json.WriteNumber("queueMicroseconds"u8, queue / 1000); // before the exchange begins
            json.WriteNumber("receiveMicroseconds"u8, Next(phases.ReceiveNanoseconds, ref passed));
            json.WriteNumber("applicationMicroseconds"u8, Next(phases.ApplicationNanoseconds, ref passed));
            json.WriteNumber("writeMicroseconds"u8, Next(phases.WriteNanoseconds, ref passed));
        }
        else
        {
            json.WriteNumber("sendMicroseconds"u8, Next(phases.SendNanoseconds, ref passed));
            json.WriteNumber("waitMicroseconds"u8, Next(phases.WaitNanoseconds, ref passed));
            if (phases.QueueNanoseconds is { } queue) json.WriteNumber("queueMicroseconds"u8, Next(queue, ref passed));
            json.WriteNumber("receiveMicroseconds"u8, Next(phases.ReceiveNanoseconds, ref passed));
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
