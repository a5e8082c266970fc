{# Webex Calling says which side of the leg its row is; SIP_ENTERPRISE means that both sides are of the organisation (WX 11.1). #}
{% macro webex_direction(side, call_type) %}
    case
        when lower({{ call_type }}) = 'sip_enterprise' then 'internal'
        when lower({{ call_type }}) = 'sip_inbound' then 'inbound'
        when lower({{ side }}) = 'terminating' then 'inbound'
        when lower({{ side }}) = 'originating' then 'outbound'
        else 'unknown'
    end
{% endmacro %}

{# What the words of Webex Calling mean: field, word, outcome, note (`callrecords__outcome_words`). #}
{% macro webex_calling_words() %}
  {{ return([
      ('answered', 'true', 'answered', ''),
      ('answered', 'false', 'missed', 'unless a reason says more'),
      ('user_type', 'user', 'answered', 'who answered; read on answered legs only'),
      ('user_type', 'place', 'answered', ''),
      ('user_type', 'virtualline', 'answered', ''),
      ('user_type', 'huntgroup', 'answered', ''),
      ('user_type', 'callcenterstandard', 'answered', ''),
      ('user_type', 'callcenterpremium', 'answered', ''),
      ('user_type', 'automatedattendantvideo', 'completed', 'a menu answered'),
      ('user_type', 'voicexml', 'completed', 'a script answered'),
      ('user_type', 'voicemailgroup', 'voicemail', ''),
      ('user_type', 'voicemailretrieval', 'completed', 'somebody listened to messages'),
      ('user_type', 'grouppaging', 'completed', 'an announcement'),
      ('user_type', 'anchor', 'answered', ''),
      ('user_type', 'broadworksanywhere', 'answered', ''),
      ('user_type', 'localgateway', 'answered', ''),
      ('user_type', 'routepoint', 'answered', ''),
      ('user_type', 'routelist', 'answered', ''),
      ('call_outcome', 'success', '', 'says nothing about the answer'),
      ('call_outcome', 'failure', 'failed', ''),
      ('call_outcome', 'refusal', 'rejected', 'unless the reason says more'),
      ('call_outcome_reason', 'normal', 'abandoned', 'of an unanswered leg: the calling side ended it'),
      ('call_outcome_reason', 'userbusy', 'busy', ''),
      ('call_outcome_reason', 'noanswer', 'missed', ''),
      ('call_outcome_reason', 'callrejected', 'rejected', ''),
      ('call_outcome_reason', 'unassignednumber', 'failed', ''),
      ('call_outcome_reason', 'sip408', 'failed', ''),
      ('call_outcome_reason', 'internalrequesttimeout', 'failed', ''),
      ('call_outcome_reason', 'q850102servertimeout', 'failed', ''),
      ('call_outcome_reason', 'nouserresponse', 'missed', ''),
      ('call_outcome_reason', 'noanswerfromuser', 'missed', ''),
      ('call_outcome_reason', 'sip480', 'missed', 'temporarily unavailable'),
      ('call_outcome_reason', 'sip487', 'abandoned', 'request terminated'),
      ('call_outcome_reason', 'temporarilyunavailable', 'missed', ''),
      ('call_outcome_reason', 'admincallblock', 'rejected', ''),
      ('call_outcome_reason', 'usercallblock', 'rejected', ''),
      ('call_outcome_reason', 'unreachable', 'failed', ''),
      ('call_outcome_reason', 'localgatewayloop', 'failed', ''),
      ('call_outcome_reason', 'userabsent', 'missed', ''),
      ('call_outcome_reason', 'routelistcalls', 'failed', 'over the licensed volume'),
      ('call_outcome_reason', 'destinationoutoforder', 'failed', ''),
      ('call_outcome_reason', 'sip501', 'failed', ''),
      ('call_outcome_reason', 'sip503', 'failed', ''),
      ('call_outcome_reason', 'protocolerror', 'failed', ''),
      ('call_outcome_reason', 'sip606', 'failed', ''),
      ('call_outcome_reason', 'noroutetodestination', 'failed', ''),
      ('call_outcome_reason', 'internal', 'failed', ''),
      ('call_outcome_reason', 'maxconcurrentterminatingalertingrequestsexceeded', 'failed', ''),
  ]) }}
{% endmacro %}
